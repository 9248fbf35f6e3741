import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../differentiable.js';
import { maskGradient } from './reference.js';
import { attention, attentionGradient } from './spec.js';

/** {@link attention} as an operation with gradients by q, k, v, and an additive mask. */
export const attend = differentiable(attention, ['kept'], ({ dy, inputs, outputs: [y, logSumExp], attrs }) => {
  const given = { ...inputs, dy, y: y!, logSumExp: logSumExp! };
  const { mask } = inputs;
  const [dq, dk, dv] = attentionGradient.run(given, attrs);
  return {
    q: dq,
    k: dk,
    v: dv,
    // of a mask that is learned alone: it takes the whole matrix of scores
    mask: mask == null ? undefined : () => (mask.dtype === 'bool' ? tf.zeros(mask.shape) : maskGradient(given, attrs)),
  };
});
