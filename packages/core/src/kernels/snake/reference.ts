import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { channelMeans } from '../channels.js';
import type { SnakeAttrs, SnakeGradInputs, SnakeInputs } from './spec.js';
import { cosine, reduceAngle, sine } from './trigonometry.js';

const natural = (parameter: tf.Tensor, logScale: boolean): tf.Tensor => (logScale ? tf.exp(parameter) : parameter);

export function snake({ x, alpha, beta }: SnakeInputs, { logScale, eps }: SnakeAttrs): tf.Tensor[] {
  const a = natural(alpha, logScale);
  const divisor = tf.add(beta == null ? a : natural(beta, logScale), eps);
  const square = scope(() => tf.square(sine(reduceAngle(tf.mul(x, a)))));
  return [tf.reshape(tf.add(x, tf.mul(square, tf.reciprocal(divisor))), x.shape)];
}

export function snakeGrad({ x, alpha, beta, dy }: SnakeGradInputs, { logScale, eps }: SnakeAttrs): tf.Tensor[] {
  const a = natural(alpha, logScale);
  const b = beta == null ? a : natural(beta, logScale);
  const inverse = tf.reciprocal(tf.add(b, eps));
  const angle = reduceAngle(tf.mul(x, a));
  const sin = sine(angle);
  // the derivative of sin²(u) is sin(2u)
  const slope = tf.mul(tf.mul(sin, cosine(angle)), tf.mul(inverse, 2));
  const channels = x.shape.at(-1) ?? 1;
  /** Sums over positions, and over channels where the parameter is a single value; times exp's derivative. */
  const total = (v: tf.Tensor, parameter: tf.Tensor, value: tf.Tensor): tf.Tensor => {
    if (v.size === 0) return tf.zeros(parameter.shape);
    const count = v.size / channels;
    const sums = tf.mul(tf.reshape(channelMeans(tf.reshape(v, [1, count, channels])), [channels]), count);
    const gradient = parameter.size === channels ? sums : tf.sum(sums, 0, true);
    return tf.reshape(logScale ? tf.mul(gradient, value) : gradient, parameter.shape);
  };
  const dx = tf.reshape(tf.mul(dy, tf.add(tf.mul(slope, a), 1)), x.shape);
  const ofAlpha = tf.mul(dy, tf.mul(slope, x));
  const ofBeta = tf.neg(tf.mul(tf.mul(dy, tf.square(sin)), tf.square(inverse)));
  return beta == null
    ? [dx, total(tf.add(ofAlpha, ofBeta), alpha, a)]
    : [dx, total(ofAlpha, alpha, a), total(ofBeta, beta, b)];
}
