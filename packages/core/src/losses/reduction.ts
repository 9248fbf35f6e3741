import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';

/** How the losses of single elements become the result: as they are, their sum, or their mean. */
export type Reduction = 'none' | 'sum' | 'mean';

export interface ReductionOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/** Sum of all elements, axis by axis: float32 rounding then grows with the longest axis, not with the size. */
export function total(x: tf.Tensor): tf.Tensor {
  let result = x;
  while (result.rank > 0) result = tf.sum(result, -1);
  return result;
}

/** Applies `reduction` (default 'mean') to a tensor of losses. @throws InvalidArgumentError for an unknown one */
export function reduce(loss: tf.Tensor, reduction: Reduction = 'mean'): tf.Tensor {
  checkReduction(reduction);
  if (reduction === 'none') return loss;
  const sum = total(loss);
  return reduction === 'sum' ? sum : tf.div(sum, loss.size);
}

export function checkReduction(
  reduction: string,
  allowed: readonly string[] = ['none', 'sum', 'mean'],
): asserts reduction is Reduction {
  check(allowed.includes(reduction), () => `unknown reduction '${reduction}'; there are ${allowed.join(', ')}`);
}

/** Throws unless both tensors have the same shape; losses never broadcast a prediction against its target. */
export function checkSameShape(name: string, x: tf.Tensor, y: tf.Tensor): void {
  check(
    tf.util.arraysEqual(x.shape, y.shape),
    () => `${name}: prediction of shape [${x.shape.join(', ')}] against target of shape [${y.shape.join(', ')}]`,
  );
}
