import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { close, sumOf, type Case, type Draw, type Family } from '../case.js';

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 30; i++) {
    const shape = i === 0 ? [300, 257] : i === 1 ? [3, 9001] : draw.shape(draw.integer(1, 7));
    const last = shape.length - 1;
    const logits = i % 3 === 0 ? draw.odd(shape) : draw.given(shape);
    const tolerance = sumOf(shape[last]!);
    yield { kernel: tf.Softmax, inputs: { logits }, attrs: { dim: draw.pick([-1, last]) }, tolerance: close };
    yield {
      kernel: tf.LogSoftmax,
      inputs: { logits: draw.given(shape, 'float32', [-30, 30]) },
      attrs: { axis: draw.pick([-1, last]) },
      tolerance: { rtol: 1e-5, atol: 1e-5 },
      oracle: ({ logits }) => tf.logSoftmax(logits!),
    };
    const inputs = { dy: draw.given(shape), y: draw.given(shape, 'float32', [0, 1]) };
    yield {
      kernel: kernels.SoftmaxGrad.kernelName,
      inputs,
      tolerance,
      oracle: ({ dy, y }) => tf.mul(y!, tf.sub(dy!, tf.sum(tf.mul(dy!, y!), -1, true))),
    };
    yield {
      kernel: kernels.LogSoftmaxGrad.kernelName,
      inputs,
      tolerance: sumOf(shape[last]!, 10),
      oracle: ({ dy, y }) => tf.sub(dy!, tf.mul(tf.exp(y!), tf.sum(dy!, -1, true))),
    };
  }
}

export default cases satisfies Family;
