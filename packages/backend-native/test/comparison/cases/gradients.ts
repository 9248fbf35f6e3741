import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { close, type Case, type Draw, type Family } from '../case.js';

type Slope = (v: tf.Tensor) => tf.Tensor;
const float = (x: tf.Tensor): tf.Tensor => tf.cast(x, 'float32');

/** The derivative of each function, from the value that it is differentiated from. */
const slopes: Readonly<Record<kernels.ElementwiseGradAttrs['of'], Slope>> = {
  Abs: (x) => tf.sign(x),
  ClipByValue: (x) => float(tf.logicalAnd(tf.greaterEqual(x, -1), tf.lessEqual(x, 2))),
  Erf: (x) => tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x)))),
  Expm1: (y) => tf.add(y, 1),
  LeakyRelu: (x) => tf.step(x, 0.3),
  Log1p: (x) => tf.reciprocal(tf.add(x, 1)),
  Reciprocal: (y) => tf.neg(tf.square(y)),
  Relu: (y) => tf.step(y),
  Relu6: (y) => tf.mul(tf.step(y), tf.step(tf.sub(6, y))),
  Rsqrt: (y) => tf.mul(-0.5, tf.pow(y, 3)),
  Selu: (y) => tf.where(tf.greater(y, 0), tf.fill(y.shape, 1.0507009873554805), tf.add(y, 1.7580993408473768)),
  Sigmoid: (y) => tf.mul(y, tf.sub(1, y)),
  Softplus: (x) => tf.sigmoid(x),
  Sqrt: (y) => tf.div(0.5, y),
  Square: (x) => tf.mul(2, x),
  Tanh: (y) => tf.sub(1, tf.square(y)),
};
const options: Readonly<Record<string, readonly number[]>> = { ClipByValue: [-1, 2], LeakyRelu: [0.3] };

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 4; i++) {
    for (const [of, slope] of Object.entries(slopes)) {
      const shape = i === 0 ? [70001] : draw.shape();
      yield {
        kernel: kernels.ElementwiseGrad.kernelName,
        inputs: { dy: draw.given(shape), value: draw.given(shape, 'float32', of === 'Relu6' ? [-8, 8] : [-0.9, 3]) },
        attrs: { of, ...(options[of] && { options: options[of] }) },
        tolerance: { ...close, rtol: 1e-5 },
        oracle: ({ dy, value }) => tf.mul(dy!, slope(value!)),
      };
    }
  }
  for (let i = 0; i < 20; i++) {
    const shape = i === 0 ? [300, 300] : draw.shape(draw.integer(1, 6));
    const first = draw.integer(0, shape.length);
    const end = draw.integer(first + 1, shape.length + 1);
    const axes = shape.map((_, axis) => axis).slice(first, end);
    const rest = shape.filter((_, axis) => axis < first || axis >= end);
    if (shape.includes(0)) continue;
    // whole numbers, for ties
    const whole = draw.given(shape, 'int32', [0, 5]);
    const x = { ...whole, dtype: 'float32', values: Float32Array.from(whole.values) } as const;
    const flat = tf.tidy(() => {
      tf.setBackend('cpu');
      return tf.max(tf.tensor(x.values, shape), axes).dataSync<'float32'>();
    });
    yield {
      kernel: kernels.ExtremeGrad.kernelName,
      inputs: { x, y: { shape: rest, dtype: 'float32', values: flat }, dy: draw.given(rest) },
      attrs: { axes: [first, end] },
      tolerance: close,
      oracle: ({ x, y, dy }) => {
        const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
        const attains = float(tf.equal(x!, tf.reshape(y!, kept)));
        return tf.mul(attains, tf.div(tf.reshape(dy!, kept), tf.sum(attains, axes, true)));
      },
    };
  }
}

export default cases satisfies Family;
