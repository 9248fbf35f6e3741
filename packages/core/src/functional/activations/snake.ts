import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { snakeOf } from '../../kernels/snake/gradient.js';
import { scope } from '../../memory.js';

export interface SnakeOptions {
  /** Divides the periodic part; by default `alpha` itself. The SnakeBeta form of BigVGAN (Lee et al. 2022, arXiv:2206.04658). */
  readonly beta?: tf.Tensor | null;
  /** The parameters are logarithms. Default false. */
  readonly logScale?: boolean;
  /** Added to the divisor. Default 1e-9. */
  readonly eps?: number;
}

/**
 * x + sin^2(alpha x) / (alpha + eps) (Ziyin et al. 2020, arXiv:2006.08195), channels last; `alpha` and `beta` have
 * one value or one a channel, in any shape.
 *
 * @throws InvalidArgumentError for parameters of another size.
 */
export function snake(x: tf.Tensor, alpha: tf.Tensor, options: SnakeOptions = {}): tf.Tensor {
  const { beta = null, logScale = false, eps = 1e-9 } = options;
  const channels = x.shape.at(-1) ?? 1;
  for (const parameter of [alpha, beta ?? alpha]) {
    check(
      parameter.size === 1 || parameter.size === channels,
      () => `snake: ${parameter.size} parameters for ${channels} channels`,
    );
  }
  const vector = (parameter: tf.Tensor): tf.Tensor => tf.reshape(parameter, [parameter.size]);
  return scope(() =>
    snakeOf({ x, alpha: vector(alpha), beta: beta === null ? null : vector(beta) }, { logScale, eps }),
  );
}
