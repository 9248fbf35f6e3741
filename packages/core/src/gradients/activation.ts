import * as tf from '@tensorflow/tfjs-core';
import { ElementwiseGrad } from '../kernels/elementwise-grad/spec.js';
import { LogSoftmaxGrad, SoftmaxGrad } from '../kernels/softmax-grad/spec.js';
import { float, reduceTo } from './broadcast.js';
import { gradient, runKernel } from './define.js';

const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

/** Activation functions that TFJS has as kernels. At a kink they take the derivative that PyTorch takes. */
export const activationGradients: readonly tf.GradConfig[] = [
  // the output is 0 exactly where the derivative is
  gradient(tf.Relu, { output: true }, (dy, [y]) => ({
    x: () => ElementwiseGrad.run({ dy, value: y! }, { of: 'Relu' })?.[0] ?? tf.mul(dy, tf.step(y!)),
  })),
  gradient(tf.Relu6, { output: true }, (dy, [y]) => ({
    x: () =>
      ElementwiseGrad.run({ dy, value: y! }, { of: 'Relu6' })?.[0] ??
      tf.mul(dy, tf.mul(tf.step(y!), tf.step(tf.sub(6, y!)))),
  })),
  gradient<tf.LeakyReluAttrs>(tf.LeakyRelu, { values: ['x'] }, (dy, [x], { alpha }) => ({
    x: () => {
      const value = float(x!);
      return (
        ElementwiseGrad.run({ dy, value }, { of: 'LeakyRelu', options: [alpha] })?.[0] ??
        tf.mul(dy, tf.step(value, alpha))
      );
    },
  })),
  gradient(tf.Elu, { output: true, recompute: ['x'] }, (dy, [y]) => ({
    x: () => runKernel(tf.EluGrad, { dy, y: y! }),
  })),
  gradient(tf.EluGrad, { values: ['dy', 'y'] }, (ddx, [dy, y]) => ({
    dy: () => runKernel(tf.EluGrad, { dy: ddx, y: y! }),
    y: () => tf.mul(tf.mul(ddx, dy!), tf.cast(tf.less(y!, 0), 'float32')),
  })),
  // for x < 0 the output is scale * alpha * (e^x - 1), so the derivative is the output + scale * alpha
  gradient(tf.Selu, { output: true, recompute: ['x'] }, (dy, [y]) => ({
    x: () =>
      ElementwiseGrad.run({ dy, value: y! }, { of: 'Selu' })?.[0] ??
      tf.mul(dy, tf.where(tf.greater(y!, 0), tf.scalar(seluScale), tf.add(y!, seluScale * seluAlpha))),
  })),
  gradient(tf.Prelu, { values: ['x', 'alpha'] }, (dy, [x, alpha]) => ({
    x: () => {
      const positive = tf.step(float(x!));
      return tf.mul(dy, tf.add(positive, tf.mul(tf.sub(1, positive), alpha!)));
    },
    alpha: () => reduceTo(tf.mul(dy, tf.minimum(x!, 0)), alpha!.shape),
  })),
  gradient<tf.SoftmaxAttrs>(tf.Softmax, { output: true, recompute: ['logits'] }, (dy, [y], { dim }) => ({
    logits: () => {
      const own = SoftmaxGrad.run({ dy, y: y! }, {});
      if (own !== null) return own[0]!;
      const weighted = tf.mul(dy, y!);
      return tf.sub(weighted, tf.mul(y!, tf.sum(weighted, dim, true)));
    },
  })),
  gradient<tf.LogSoftmaxAttrs>(tf.LogSoftmax, { output: true, recompute: ['logits'] }, (dy, [y], { axis }) => ({
    logits: () => LogSoftmaxGrad.run({ dy, y: y! }, {})?.[0] ?? tf.sub(dy, tf.mul(tf.exp(y!), tf.sum(dy, axis, true))),
  })),
  gradient<tf.ClipByValueAttrs>(tf.ClipByValue, { values: ['x'] }, (dy, [x], { clipValueMin, clipValueMax }) => ({
    x: () => {
      const value = float(x!);
      const options = [clipValueMin, clipValueMax];
      const inside = (): tf.Tensor =>
        tf.logicalAnd(tf.greaterEqual(value, clipValueMin), tf.lessEqual(value, clipValueMax));
      return (
        ElementwiseGrad.run({ dy, value }, { of: 'ClipByValue', options })?.[0] ??
        tf.mul(dy, tf.cast(inside(), 'float32'))
      );
    },
  })),
];
