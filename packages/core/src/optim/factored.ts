import * as tf from '@tensorflow/tfjs-core';
import type { Parameter } from '../module/index.js';

/** Where the checkpoint's last two axes lie in memory; null for vectors and scalars, which are not factored. */
export interface FactoredAxes {
  /** The checkpoint's last axis but one. */
  readonly row: number;
  /** The checkpoint's last axis. */
  readonly column: number;
}

/** Adafactor factors the second moment over the checkpoint's last two axes, wherever they lie in memory. */
export function factoredAxes(parameter: Parameter): FactoredAxes | null {
  const rank = parameter.shape.length;
  if (rank < 2) return null;
  const { axes } = parameter.layout;
  if (axes === null) return { row: rank - 2, column: rank - 1 };
  return { row: axes.indexOf(rank - 2), column: axes.indexOf(rank - 1) };
}

/** Shape of a moment kept for a parameter: reduced, with length 1, over the axis that its slot averages. */
export function factoredShape(slot: string, parameter: Parameter): number[] {
  const axes = factoredAxes(parameter);
  const reduced = slot === 'row' ? axes?.column : slot === 'column' ? axes?.row : undefined;
  return parameter.shape.map((size, axis) => (axis === reduced ? 1 : size));
}

/** Root mean square of all values, a scalar. */
export function rootMeanSquare(x: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.mean(tf.square(x)));
}
