import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans } from '../../kernels/channels.js';
import { cosine, reduceAngle, sine } from './trigonometry.js';

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
  const count = x.size / channels;
  for (const parameter of [alpha, beta ?? alpha]) {
    check(
      parameter.size === 1 || parameter.size === channels,
      () => `snake: ${parameter.size} parameters for ${channels} channels`,
    );
  }
  const natural = (parameter: tf.Tensor): tf.Tensor => {
    const vector = tf.reshape(parameter, [parameter.size]);
    return logScale ? tf.exp(vector) : vector;
  };
  return customOp(
    beta === null ? [x, alpha] : [x, alpha, beta],
    (x, alpha, beta) => {
      const a = natural(alpha!);
      const divisor = tf.add(beta === undefined ? a : natural(beta), eps);
      return { value: tf.add(x!, tf.mul(tf.square(sine(reduceAngle(tf.mul(x!, a)))), tf.reciprocal(divisor))) };
    },
    (dy, [x, alpha, beta]) => {
      const a = natural(alpha!);
      const b = beta === undefined ? a : natural(beta);
      const inverse = tf.reciprocal(tf.add(b, eps));
      const angle = reduceAngle(tf.mul(x!, a));
      const sin = sine(angle);
      // the derivative of sin^2(u) is sin(2u)
      const slope = tf.mul(tf.mul(sin, cosine(angle)), tf.mul(inverse, 2));
      /** Sums over positions, and over channels where the parameter is a single value; times exp's derivative. */
      const total = (v: tf.Tensor, parameter: tf.Tensor, value: tf.Tensor): tf.Tensor => {
        const sums = tf.mul(tf.reshape(channelMeans(tf.reshape(v, [1, count, channels])), [channels]), count);
        const gradient = parameter.size === channels ? sums : tf.sum(sums, 0, true);
        return tf.reshape(logScale ? tf.mul(gradient, value) : gradient, parameter.shape);
      };
      const ofAlpha = tf.mul(dy, tf.mul(slope, x!));
      const ofBeta = tf.neg(tf.mul(tf.mul(dy, tf.square(sin)), tf.square(inverse)));
      return [
        tf.mul(dy, tf.add(tf.mul(slope, a), 1)),
        ...(beta === undefined
          ? [total(tf.add(ofAlpha, ofBeta), alpha!, a)]
          : [total(ofAlpha, alpha!, a), total(ofBeta, beta, b)]),
      ];
    },
  );
}
