import * as tf from '@tensorflow/tfjs-core';
import { check, defaultGenerator, scope, type Generator, type Parameter } from '@hourglass/core';
import { maskSpans } from './mask-spans.js';

/** Which frames and features are hidden in training, under transformers' names. */
export interface SpecAugmentSettings {
  readonly apply_spec_augment: boolean;
  readonly mask_time_prob: number;
  readonly mask_time_length: number;
  readonly mask_time_min_masks: number;
  readonly mask_feature_prob: number;
  readonly mask_feature_length: number;
  readonly mask_feature_min_masks: number;
}

export interface SpecAugmentCall {
  /** Spans are drawn in training only. */
  readonly training: boolean;
  /** What stands in place of hidden frames; null for zeros. */
  readonly vector: Parameter | null;
  /** Bool [N, frames]: the frames to hide, instead of drawn ones. */
  readonly time?: tf.Tensor | null;
  /** Where each sound ends. Default all frames. */
  readonly lengths?: readonly number[] | null;
  readonly generator?: Generator | undefined;
}

/** Whether a model has a vector that stands for hidden frames. */
export function hasMaskVector({ mask_time_prob, mask_feature_prob }: SpecAugmentSettings): boolean {
  return mask_time_prob > 0 || mask_feature_prob > 0;
}

/**
 * Hides spans of frames, and of features, of x [N, frames, features] (SpecAugment, Park et al. 2019, arXiv:1904.08779).
 *
 * @throws InvalidArgumentError for a mask of another shape, or one without a vector to put in place
 */
export function maskStates(x: tf.Tensor, settings: SpecAugmentSettings, call: SpecAugmentCall): tf.Tensor {
  const { training, vector, lengths = null, generator = defaultGenerator() } = call;
  if (!settings.apply_spec_augment) return x;
  const [n, frames, width] = x.shape as [number, number, number];
  return scope(() => {
    let result = x;
    let time = call.time ?? null;
    if (time !== null) {
      check(vector !== null, 'mask_time_prob is 0 in this configuration, so there is no vector for masked frames');
      check(
        time.shape[0] === n && time.shape[1] === frames && time.rank === 2,
        () => `a mask of [${n}, ${frames}] frames is needed, got [${time!.shape.join(', ')}]`,
      );
    } else if (training && settings.mask_time_prob > 0) {
      const drawn = maskSpans(n, frames, {
        probability: settings.mask_time_prob,
        length: settings.mask_time_length,
        minMasks: settings.mask_time_min_masks,
        lengths,
        generator,
      });
      time = tf.tensor2d(drawn, [n, frames], 'bool');
    }
    if (time !== null) {
      const hide = tf.expandDims(tf.cast(time, 'float32'), -1);
      const kept = tf.mul(result, tf.sub(1, hide));
      result = vector === null ? kept : tf.add(kept, tf.mul(hide, vector.value));
    }
    if (training && settings.mask_feature_prob > 0) {
      const drawn = maskSpans(n, width, {
        probability: settings.mask_feature_prob,
        length: settings.mask_feature_length,
        minMasks: settings.mask_feature_min_masks,
        generator,
      });
      const kept = Float32Array.from(drawn, (hide) => 1 - hide);
      result = tf.mul(result, tf.tensor3d(kept, [n, 1, width]));
    }
    return result === x ? tf.clone(x) : result;
  });
}
