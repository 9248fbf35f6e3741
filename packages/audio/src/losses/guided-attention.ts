import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

export interface GuidedAttentionOptions {
  /** How far from the diagonal attention may be, as a share of the lengths. Default 0.4. */
  readonly sigma?: number;
  /** Factor of the loss. Default 10. */
  readonly scale?: number;
}

/**
 * Wants attention near the diagonal, as speech follows its text (Tachibana et al. 2018, arXiv:1710.08969), of several heads.
 *
 * @param attentions float32 [N, heads, outputs, inputs]
 * @param inputMask [N, inputs]: what is not 0 counts; it must come first
 * @param outputMask [N, outputs]: likewise
 * @returns scalar
 * @throws InvalidArgumentError for shapes that do not fit
 */
export function guidedAttention(
  attentions: tf.Tensor,
  inputMask: tf.Tensor,
  outputMask: tf.Tensor,
  options: GuidedAttentionOptions = {},
): tf.Tensor {
  const { sigma = 0.4, scale = 10 } = options;
  const [n, heads, outputs, inputs] = attentions.shape as [number, number, number, number];
  check(
    attentions.rank === 4 &&
      tf.util.arraysEqual(inputMask.shape, [n, inputs]) &&
      tf.util.arraysEqual(outputMask.shape, [n, outputs]),
    () =>
      `guidedAttention takes attentions [batch, heads, outputs, inputs] and masks [batch, inputs] and [batch, outputs], got [${attentions.shape.join(', ')}], [${inputMask.shape.join(', ')}] and [${outputMask.shape.join(', ')}]`,
  );
  return scope(() => {
    const counting = (mask: tf.Tensor): tf.Tensor => tf.cast(tf.notEqual(mask, tf.zerosLike(mask)), 'float32');
    const [ins, outs] = [counting(inputMask), counting(outputMask)];
    const share = (mask: tf.Tensor, size: number): tf.Tensor =>
      tf.div(tf.range(0, size, 1, 'float32'), tf.maximum(tf.sum(mask, 1, true), 1));
    const off = tf.sub(tf.expandDims(share(ins, inputs), 1), tf.expandDims(share(outs, outputs), 2));
    const far = tf.sub(1, tf.exp(tf.div(tf.square(off), -2 * sigma ** 2)));
    const counts = tf.mul(tf.expandDims(ins, 1), tf.expandDims(outs, 2));
    const weights = tf.expandDims(tf.mul(far, counts), 1);
    return tf.mul(tf.div(tf.sum(tf.mul(attentions, weights)), tf.mul(tf.sum(counts), heads)), scale);
  });
}
