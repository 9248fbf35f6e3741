import * as tf from '@tensorflow/tfjs-core';
import type { ElementwiseGradAttrs, ElementwiseGradInputs, FromInput, FromOutput } from './spec.js';

type Derivative = (dy: tf.Tensor, value: tf.Tensor, options: readonly number[]) => tf.Tensor;

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

const fromInput: Readonly<Record<FromInput, Derivative>> = {
  // 0 at 0
  Abs: (dy, x) => tf.mul(dy, tf.sign(x)),
  ClipByValue(dy, x, [low, high]) {
    const inside = tf.logicalAnd(tf.greaterEqual(x, low!), tf.lessEqual(x, high!));
    return tf.mul(dy, tf.cast(inside, 'float32'));
  },
  Erf: (dy, x) => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))))),
  LeakyRelu: (dy, x, [slope]) => tf.mul(dy, tf.step(x, slope)),
  Log1p: (dy, x) => tf.div(dy, tf.add(x, 1)),
  Softplus: (dy, x) => tf.mul(dy, tf.sigmoid(x)),
  Square: (dy, x) => tf.mul(dy, tf.mul(x, 2)),
};

const fromOutput: Readonly<Record<FromOutput, Derivative>> = {
  Expm1: (dy, y) => tf.mul(dy, tf.add(y, 1)),
  Reciprocal: (dy, y) => tf.neg(tf.mul(dy, tf.square(y))),
  // the output is 0 exactly where the derivative is
  Relu: (dy, y) => tf.mul(dy, tf.step(y)),
  Relu6: (dy, y) => tf.mul(dy, tf.mul(tf.step(y), tf.step(tf.sub(6, y)))),
  Rsqrt: (dy, y) => tf.mul(dy, tf.mul(-0.5, tf.mul(y, tf.square(y)))),
  // for x < 0 the output is scale * alpha * (e^x - 1), so the derivative is the output + scale * alpha
  Selu: (dy, y) => tf.mul(dy, tf.where(tf.greater(y, 0), tf.scalar(seluScale), tf.add(y, seluScale * seluAlpha))),
  Sigmoid: (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
  // infinite at 0, as the derivative is
  Sqrt: (dy, y) => tf.div(dy, tf.mul(y, 2)),
  Tanh: (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y))),
};

const derivatives: Readonly<Record<FromInput | FromOutput, Derivative>> = { ...fromInput, ...fromOutput };

export function elementwiseGrad(
  { dy, value }: ElementwiseGradInputs,
  { of, options = [] }: ElementwiseGradAttrs,
): tf.Tensor[] {
  return [derivatives[of](dy, value, options)];
}
