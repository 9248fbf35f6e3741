import * as tf from '@tensorflow/tfjs-core';
import type { Config } from '@hourglass/core';
import { FeatureExtractor, settingsOf, type Features, type SequenceConfig, type Sound } from './feature-extractor.js';
import { kaldiBands } from './filter-bank-features.js';

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
    const { max_length: length, num_mel_bins: bands, sampling_rate: rate, do_normalize, mean, std } = this.config;
    const all = this.samples(sounds);
    const size = length * bands;
    const values = new Float32Array(all.length * size);
    all.forEach((samples, i) =>
      values.set(kaldiBands(samples, 'hann', bands, rate).values.subarray(0, size), i * size),
    );
    const scaled = do_normalize ? values.map((value) => (value - mean) / (2 * std)) : values;
    const inputValues = tf.tensor3d(scaled, [all.length, length, bands]);
    return { inputValues };
  }
}
