import * as tf from '@tensorflow/tfjs-core';
import { scope, type Config } from '@hourglass/core';
import { kaldiFbank } from '../signal/kaldi.js';
import { FeatureExtractor, settingsOf, type Features, type SequenceConfig, type Sound } from './feature-extractor.js';

export interface ASTFeatureConfig extends SequenceConfig {
  readonly num_mel_bins: number;
  /** Frames that features are padded and cut to. */
  readonly max_length: number;
  readonly do_normalize: boolean;
  readonly mean: number;
  readonly std: number;
}

const defaults: ASTFeatureConfig = {
  feature_size: 1,
  sampling_rate: 16000,
  padding_value: 0,
  num_mel_bins: 128,
  max_length: 1024,
  do_normalize: true,
  mean: -4.2677393,
  std: 4.5689974,
};

/** Kaldi's filter-bank features for the Audio Spectrogram Transformer (Gong et al. 2021). */
export class ASTFeatureExtractor extends FeatureExtractor<ASTFeatureConfig, Record<never, never>> {
  constructor(config: Config | Partial<ASTFeatureConfig> = {}) {
    super(settingsOf(defaults, config));
  }

  /** @returns `inputValues` [N, max_length, num_mel_bins] */
  extract(sounds: Sound | readonly Sound[], _options: Record<never, never> = {}): Features {
    const { max_length: length, num_mel_bins: numMelBins, sampling_rate: sampleFrequency } = this.config;
    const { do_normalize: normalises, mean, std } = this.config;
    const one = (samples: Float32Array): tf.Tensor => {
      const bands = kaldiFbank(tf.tensor1d(samples), { sampleFrequency, windowType: 'hanning', numMelBins });
      const kept = tf.slice(bands, [0, 0], [Math.min(length, bands.shape[0]), -1]);
      return tf.pad(kept, [
        [0, length - kept.shape[0]!],
        [0, 0],
      ]);
    };
    const inputValues = scope(() => {
      const features = tf.stack(this.samples(sounds).map(one));
      return normalises ? tf.div(tf.sub(features, mean), 2 * std) : features;
    });
    return { inputValues };
  }
}
