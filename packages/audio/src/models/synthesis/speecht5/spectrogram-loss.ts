import * as tf from '@tensorflow/tfjs-core';
import { losses, scope } from '@hourglass/core';
import { guidedAttention } from '../../../losses/guided-attention.js';
import type { SpeechPostnetResult } from '../postnet.js';
import type { SpeechT5Settings } from './config.js';

/** What a frame of a target holds that does not count. */
export const ignoredFrame = -100;

/**
 * The decoder's inputs of target frames: each step's last frame, one step later, silence first.
 *
 * @param labels float32 [N, frames, mels]; -100 becomes 0
 * @returns float32 [N, frames / reduction, mels]
 */
export function shiftSpectrogramsRight(labels: tf.Tensor, reduction = 1): tf.Tensor {
  return scope(() => {
    const thin = everyStep(labels, reduction);
    const [n, steps, mels] = thin.shape as [number, number, number];
    const before = tf.slice(thin, [0, 0, 0], [n, steps - 1, mels]);
    const shifted = tf.concat([tf.zeros([n, 1, mels]), before], 1);
    return tf.where(tf.equal(shifted, ignoredFrame), tf.zerosLike(shifted), shifted);
  });
}

/** The last of each `reduction` frames along axis 1. */
function everyStep(x: tf.Tensor, reduction: number): tf.Tensor {
  if (reduction === 1) return tf.clone(x);
  const steps = Math.floor(x.shape[1]! / reduction);
  const at = Array.from({ length: steps }, (_, step) => (step + 1) * reduction - 1);
  return tf.gather(x, tf.tensor1d(at, 'int32'), 1);
}

/**
 * Distance of the spectrogram before and after its refinement, cross entropy of where it ends, and guided attention.
 *
 * @param result of the postnet @param labels float32 [N, frames, mels], -100 where nothing counts
 * @param crossAttentions of each layer, [N, heads, steps, inputs]
 * @param inputMask [N, inputs]; null for all
 */
export function spectrogramLoss(
  settings: SpeechT5Settings,
  { before, after, stops }: SpeechPostnetResult,
  labels: tf.Tensor,
  crossAttentions: readonly tf.Tensor[],
  inputMask: tf.Tensor | null,
): tf.Tensor {
  return scope(() => {
    const counts = tf.cast(tf.notEqual(labels, ignoredFrame), 'float32');
    const distance = (x: tf.Tensor): tf.Tensor =>
      tf.div(tf.sum(tf.mul(losses.l1(x, labels, { reduction: 'none' }), counts)), tf.sum(counts));
    const [n, frames] = labels.shape as [number, number, number];
    const frameCounts = tf.reshape(tf.slice(counts, [0, 0, 0], [n, frames, 1]), [n, frames]);
    // a frame is the last one when the next does not count
    const next = tf.slice(frameCounts, [0, 1], [n, frames - 1]);
    const ends = tf.concat([tf.sub(1, next), tf.ones([n, 1])], 1);
    const stop = losses.bceWithLogits(stops!, ends, { posWeight: tf.scalar(5), reduction: 'none' });
    const total = tf.addN([
      distance(after),
      distance(before),
      tf.div(tf.sum(tf.mul(stop, frameCounts)), tf.sum(frameCounts)),
    ]);
    if (!settings.use_guided_attention_loss || crossAttentions.length === 0) return total;
    const heads = settings.guided_attention_loss_num_heads;
    const guided = crossAttentions.map((weights) => {
      const [, all, steps, inputs] = weights.shape as [number, number, number, number];
      return tf.slice(weights, [0, 0, 0, 0], [n, Math.min(heads, all), steps, inputs]);
    });
    const attentions = tf.concat(guided, 1);
    return tf.add(
      total,
      guidedAttention(
        attentions,
        inputMask ?? tf.ones([n, attentions.shape[3]!]),
        everyStep(frameCounts, settings.reduction_factor),
        { sigma: settings.guided_attention_loss_sigma, scale: settings.guided_attention_loss_scale },
      ),
    );
  });
}
