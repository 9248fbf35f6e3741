import * as tf from '@tensorflow/tfjs-core';
import { ElementwiseGrad } from '../kernels/elementwise-grad/spec.js';
import { LogSoftmaxGrad, SoftmaxGrad } from '../kernels/softmax-grad/spec.js';
import { float, reduceTo } from './broadcast.js';
import { gradient, runKernel } from './define.js';

/** Activation functions that TFJS has as kernels. At a kink they take the derivative that PyTorch takes. */
export const activationGradients: readonly tf.GradConfig[] = [
  gradient(tf.Relu, { output: true }, (dy, [y]) => ({
    x: () => ElementwiseGrad.run({ dy, value: y! }, { of: 'Relu' })[0]!,
  })),
  gradient(tf.Relu6, { output: true }, (dy, [y]) => ({
    x: () => ElementwiseGrad.run({ dy, value: y! }, { of: 'Relu6' })[0]!,
  })),
  gradient<tf.LeakyReluAttrs>(tf.LeakyRelu, { values: ['x'] }, (dy, [x], { alpha }) => ({
    x: () => ElementwiseGrad.run({ dy, value: float(x!) }, { of: 'LeakyRelu', options: [alpha] })[0]!,
  })),
  gradient(tf.Elu, { output: true, recompute: ['x'] }, (dy, [y]) => ({
    x: () => runKernel(tf.EluGrad, { dy, y: y! }),
  })),
  gradient(tf.EluGrad, { values: ['dy', 'y'] }, (ddx, [dy, y]) => ({
    dy: () => runKernel(tf.EluGrad, { dy: ddx, y: y! }),
    y: () => tf.mul(tf.mul(ddx, dy!), tf.cast(tf.less(y!, 0), 'float32')),
  })),
  gradient(tf.Selu, { output: true, recompute: ['x'] }, (dy, [y]) => ({
    x: () => ElementwiseGrad.run({ dy, value: y! }, { of: 'Selu' })[0]!,
  })),
  gradient(tf.Prelu, { values: ['x', 'alpha'] }, (dy, [x, alpha]) => ({
    x: () => {
      const positive = tf.step(float(x!));
      return tf.mul(dy, tf.add(positive, tf.mul(tf.sub(1, positive), alpha!)));
    },
    alpha: () => reduceTo(tf.mul(dy, tf.minimum(x!, 0)), alpha!.shape),
  })),
  gradient(tf.Softmax, { output: true, recompute: ['logits'] }, (dy, [y]) => ({
    logits: () => SoftmaxGrad.run({ dy, y: y! }, {})[0]!,
  })),
  gradient(tf.LogSoftmax, { output: true, recompute: ['logits'] }, (dy, [y]) => ({
    logits: () => LogSoftmaxGrad.run({ dy, y: y! }, {})[0]!,
  })),
  gradient<tf.ClipByValueAttrs>(tf.ClipByValue, { values: ['x'] }, (dy, [x], { clipValueMin, clipValueMax }) => ({
    x: () => {
      const options = [clipValueMin, clipValueMax];
      return ElementwiseGrad.run({ dy, value: float(x!) }, { of: 'ClipByValue', options })[0]!;
    },
  })),
];
