import type * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';

export interface Smoothness {
  /** Mean over the nodes: 0 where all features point the same way. */
  readonly value: number;
  /** Of each node, its mean distance to the others. */
  readonly nodes: Float64Array;
}

/**
 * How far apart the nodes' features are: half the Euclidean distance of a pair of them, each divided by its length, in the mean of all
 * pairs. It falls to 0 as features over-smooth (Liu, Gao and Ji 2020, arXiv:2007.09296). Computed in double precision on the
 * CPU, in a time that grows with the square of the nodes.
 *
 * @param x float32 [nodes, channels], at least two nodes
 */
export function smoothness(x: tf.Tensor): Smoothness {
  const [count, width] = x.shape as [number, number];
  check(
    x.rank === 2 && count > 1,
    () => `smoothness takes features [nodes, channels] of two nodes or more, got [${x.shape.join(', ')}]`,
  );
  const unit = unitRows(x.dataSync(), count, width);
  const nodes = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let c = 0; c < width; c++) square += (unit[i * width + c]! - unit[j * width + c]!) ** 2;
      const distance = Math.sqrt(square) / 2;
      nodes[i]! += distance;
      nodes[j]! += distance;
    }
  }
  for (let i = 0; i < count; i++) nodes[i]! /= count - 1;
  return { value: nodes.reduce((sum, distance) => sum + distance, 0) / count, nodes };
}

/** Rows divided by their length; zeros stay. */
function unitRows(values: ArrayLike<number>, count: number, width: number): Float64Array {
  const unit = Float64Array.from(values);
  for (let row = 0; row < count; row++) {
    const own = unit.subarray(row * width, (row + 1) * width);
    const length = Math.hypot(...own);
    if (length > 0) for (let c = 0; c < width; c++) own[c]! /= length;
  }
  return unit;
}
