import * as tf from '@tensorflow/tfjs-core';
import { losses, scope } from '@hourglass/core';
import type { FastSpeech2Settings } from './config.js';

/** What the loss compares; predictions first. */
export interface FastSpeech2Comparison {
  /** float32 [N, frames, mels]: before and after refinement, and the target. */
  readonly before: tf.Tensor;
  readonly after: tf.Tensor;
  readonly spectrogram: tf.Tensor;
  /** float32 [N, L]: logarithms of durations + 1, and whole durations. */
  readonly logDurations: tf.Tensor;
  readonly durations: tf.Tensor;
  /** float32 [N, L, 1] */
  readonly pitch: tf.Tensor;
  readonly pitchTarget: tf.Tensor;
  readonly energy: tf.Tensor;
  readonly energyTarget: tf.Tensor;
  /** float32 [N, L], [N, frames]: 1 where something counts. */
  readonly tokenMask: tf.Tensor;
  readonly frameMask: tf.Tensor;
}

/** Distances of spectrograms, of logarithms of durations, of pitch and of energy, together. @returns scalar */
export function fastSpeech2Loss(settings: FastSpeech2Settings, c: FastSpeech2Comparison): tf.Tensor {
  const { use_masking, use_weighted_masking } = settings;
  return scope(() => {
    const none = { reduction: 'none' } as const;
    /** The mean of values [N, L, features] over what counts, over all, or over each example by itself. */
    const mean = (values: tf.Tensor, mask: tf.Tensor): tf.Tensor => {
      if (!use_masking && !use_weighted_masking) return tf.mean(values);
      const counts = tf.expandDims(mask, -1);
      const features = values.shape[2]!;
      const counted = tf.mul(values, counts);
      if (use_masking) return tf.div(tf.sum(counted), tf.mul(tf.sum(counts), features));
      const perExample = tf.div(tf.sum(counted, [1, 2]), tf.mul(tf.sum(counts, [1, 2]), features));
      return tf.mean(perExample);
    };
    const logTargets = tf.log(tf.add(tf.cast(c.durations, 'float32'), 1));
    return tf.addN([
      mean(losses.l1(c.before, c.spectrogram, none), c.frameMask),
      mean(losses.l1(c.after, c.spectrogram, none), c.frameMask),
      mean(tf.expandDims(losses.mse(c.logDurations, logTargets, none), -1), c.tokenMask),
      mean(losses.mse(c.pitch, c.pitchTarget, none), c.tokenMask),
      mean(losses.mse(c.energy, c.energyTarget, none), c.tokenMask),
    ]);
  });
}
