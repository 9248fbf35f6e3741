import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { differentiable } from '../differentiable.js';
import { gradientOfProbabilities, labelShares, lossesAndProbabilities } from './reference.js';
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
  const classes = logits.shape.at(-1)!;
  return customOp(
    [logits],
    (logits) => {
      const inputs = { logits: logits!, target, weight };
      const { sharp, flat } = labelShares(inputs, classes, attrs);
      const { losses, probabilities } = lossesAndProbabilities(inputs, { sharp, flat });
      return { value: losses, saved: [probabilities, sharp, ...(flat === null ? [] : [flat])] };
    },
    (dy, [logits], saved, [target, weight]) => {
      const labels = { target: target!, weight };
      const shares =
        saved === null ? labelShares(labels, classes, attrs) : { sharp: saved[1]!, flat: saved[2] ?? null };
      return gradientOfProbabilities(dy, saved?.[0] ?? tf.softmax(logits!), labels, shares);
    },
    [target, ...(weight == null ? [] : [weight])],
  );
}
