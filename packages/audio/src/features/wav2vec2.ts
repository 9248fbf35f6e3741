import type { Config } from '@hourglass/core';
import {
  FeatureExtractor,
  padRows,
  settingsOf,
  stackMasks,
  stackRows,
  standardiseAll,
  type Features,
  type PaddingOptions,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';

export interface Wav2Vec2FeatureConfig extends SequenceConfig {
  readonly do_normalize: boolean;
}

const defaults: Wav2Vec2FeatureConfig = {
  feature_size: 1,
  sampling_rate: 16000,
  padding_value: 0,
  return_attention_mask: false,
  do_normalize: true,
};

/** Waveforms of mean 0 and variance 1 for wav2vec 2.0, HuBERT and their kin. */
export class Wav2Vec2FeatureExtractor extends FeatureExtractor<Wav2Vec2FeatureConfig> {
  constructor(config: Config | Partial<Wav2Vec2FeatureConfig> = {}) {
    super(settingsOf(defaults, config));
  }

  /** @returns `inputValues` [N, time], and where wanted `attentionMask` [N, time] */
  extract(sounds: Sound | readonly Sound[], options: PaddingOptions = {}): Features {
    return waveformFeatures(this.samples(sounds), this.config, options);
  }
}

/** Padded and, where the configuration says so, standardised sounds. */
export function waveformFeatures(
  sounds: readonly Float32Array[],
  config: Wav2Vec2FeatureConfig,
  options: PaddingOptions,
): Features {
  const padded = padRows(
    sounds.map((values) => ({ values, width: 1 })),
    config,
    options,
  );
  const { rows, masks } = config.do_normalize ? standardiseAll(padded, config, options) : padded;
  return { inputValues: stackRows(rows), ...(masks === null ? {} : { attentionMask: stackMasks(masks) }) };
}
