import * as tf from '@tensorflow/tfjs-core';
import { place, take } from '../../functional/axes/slices.js';
import type { LinearMap, ResampleAttrs, ResampleInputs } from './spec.js';

export function resample({ x }: ResampleInputs, { rows, columns, transposed }: ResampleAttrs): tf.Tensor[] {
  const along = transposed ? mapAlongTransposed : mapAlong;
  const y = rows === null ? x : along(x, 1, rows);
  const z = columns === null ? y : along(y, 2, columns);
  return [z === x ? tf.clone(x) : z];
}

/** Whether each output is an input. */
export function isChoice({ weights }: LinearMap): boolean {
  return weights.every((row) => row.length === 1 && row[0] === 1);
}

function mapAlong(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  if (isChoice(map)) return take(x, axis, map.first);
  return sum(diagonals(map, x.rank - axis).map(({ indices, weights }) => tf.mul(take(x, axis, indices), weights)));
}

function mapAlongTransposed(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  if (isChoice(map)) return place([x], axis, [map.first], map.from);
  const terms = diagonals(map, x.rank - axis);
  const parts = terms.map(({ weights }) => tf.mul(x, weights));
  const indices = terms.map((term) => term.indices);
  return place(parts, axis, indices, map.from);
}

/** The i-th terms of all outputs: where they read, and their weights, shaped to multiply along the axis. */
function diagonals(
  { from, first, weights }: LinearMap,
  rank: number,
): Array<{ indices: number[]; weights: tf.Tensor }> {
  const width = Math.max(...weights.map((row) => row.length));
  return Array.from({ length: width }, (_, i) => ({
    indices: first.map((at) => Math.min(at + i, from - 1)),
    weights: tf.tensor(
      weights.map((row) => row[i] ?? 0),
      [first.length, ...Array.from({ length: rank - 1 }, () => 1)],
    ),
  }));
}

function sum(terms: tf.Tensor[]): tf.Tensor {
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}
