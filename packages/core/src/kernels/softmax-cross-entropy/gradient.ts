import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { differentiable } from '../differentiable.js';
import { gradientOfProbabilities, lossesAndProbabilities } from './reference.js';
import {
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGrad,
  type SoftmaxCrossEntropyAttrs,
  type SoftmaxCrossEntropyInputs,
} from './spec.js';

const byKernel = differentiable(
  SoftmaxCrossEntropy,
  ['target', 'weight'],
  ({ dy, inputs, outputs: [, largest, logSum], attrs }) => ({
    logits: SoftmaxCrossEntropyGrad.run({ ...inputs, dy, largest: largest!, logSum: logSum! }, attrs)[0]!,
  }),
);

/** {@link SoftmaxCrossEntropy} as an operation with a gradient by the logits. */
export function labelCrossEntropy(inputs: SoftmaxCrossEntropyInputs, attrs: SoftmaxCrossEntropyAttrs): tf.Tensor {
  return SoftmaxCrossEntropy.isBrought ? byKernel(inputs, attrs) : composed(inputs, attrs);
}

/** The composition keeps the probabilities for the backward pass, which saves it another pass of exponentials. */
function composed({ logits, target, weight }: SoftmaxCrossEntropyInputs, attrs: SoftmaxCrossEntropyAttrs): tf.Tensor {
  return customOp(
    [logits],
    (logits) => {
      const { losses, probabilities } = lossesAndProbabilities({ logits: logits!, target, weight }, attrs);
      return { value: losses, saved: [probabilities] };
    },
    (dy, [logits], saved, [target, weight]) =>
      gradientOfProbabilities(dy, saved?.[0] ?? tf.softmax(logits!), { target: target!, weight }, attrs),
    [target, ...(weight == null ? [] : [weight])],
  );
}
