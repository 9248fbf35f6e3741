import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { normaliseRows } from '../../kernels/row-norm/gradient.js';

/** Machine epsilon of float32, torch's default for RMS norm. */
export const float32Epsilon = 2 ** -23;

/**
 * Normalises x over its trailing axes `normalizedShape`, then scales and shifts elementwise (Ba et al. 2016,
 * arXiv:1607.06450). `weight` and `bias` have shape `normalizedShape`, or are null.
 *
 * @throws InvalidArgumentError when x does not end in `normalizedShape`, or a parameter has another shape.
 */
export function layerNorm(
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null = null,
  bias: tf.Tensor | null = null,
  eps = 1e-5,
): tf.Tensor {
  return rowNorm('layerNorm', x, normalizedShape, weight, bias, eps, true);
}

/**
 * Divides x by its root mean square over the trailing axes `normalizedShape`, then scales elementwise (Zhang and
 * Sennrich 2019, arXiv:1910.07467). eps null is the machine epsilon of float32.
 *
 * @throws InvalidArgumentError when x does not end in `normalizedShape`, or the weight has another shape.
 */
export function rmsNorm(
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null = null,
  eps: number | null = null,
): tf.Tensor {
  return rowNorm('rmsNorm', x, normalizedShape, weight, null, eps ?? float32Epsilon, false);
}

function rowNorm(
  name: string,
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  eps: number,
  centre: boolean,
): tf.Tensor {
  const tail = x.shape.slice(x.rank - normalizedShape.length);
  check(
    normalizedShape.length > 0 && tf.util.arraysEqual(tail, [...normalizedShape]),
    () => `${name} over [${normalizedShape.join(', ')}] does not fit an input of shape [${x.shape.join(', ')}]`,
  );
  for (const parameter of [weight, bias]) {
    check(
      parameter === null || tf.util.arraysEqual(parameter.shape, [...normalizedShape]),
      () => `${name} over [${normalizedShape.join(', ')}] got a parameter of shape [${parameter!.shape.join(', ')}]`,
    );
  }
  return normaliseRows({ x, weight, bias }, { shape: tail, eps, centre });
}
