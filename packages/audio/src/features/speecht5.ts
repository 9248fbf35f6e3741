import type * as tf from '@tensorflow/tfjs-core';
import type { Config } from '@hourglass/core';
import { filterBank } from '../signal/filter-banks.js';
import {
  FeatureExtractor,
  padRows,
  settingsOf,
  stackMasks,
  stackRows,
  type Features,
  type PaddingOptions,
  type Rows,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';
import { bandsOf, namedWindow, powerOfTwo, powerSpectrum } from './spectra.js';
import { waveformFeatures } from './wav2vec2.js';

export interface SpeechT5FeatureConfig extends SequenceConfig {
  readonly do_normalize: boolean;
  readonly num_mel_bins: number;
  /** Milliseconds. */
  readonly hop_length: number;
  /** Milliseconds. */
  readonly win_length: number;
  readonly win_function: string;
  readonly fmin: number;
  readonly fmax: number;
  readonly mel_floor: number;
}

const defaults: SpeechT5FeatureConfig = {
  feature_size: 1,
  sampling_rate: 16000,
  padding_value: 0,
  return_attention_mask: true,
  do_normalize: false,
  num_mel_bins: 80,
  hop_length: 16,
  win_length: 64,
  win_function: 'hann_window',
  fmin: 80,
  fmax: 7600,
  mel_floor: 1e-10,
};

/** Waveforms for SpeechT5's speech encoder, and logarithms of mel spectrograms as its targets (Ao et al. 2022). */
export class SpeechT5FeatureExtractor extends FeatureExtractor<SpeechT5FeatureConfig> {
  constructor(config: Config | Partial<SpeechT5FeatureConfig> = {}) {
    super(settingsOf(defaults, config));
  }

  /** @returns `inputValues` [N, time], and where wanted `attentionMask` [N, time] */
  extract(sounds: Sound | readonly Sound[], options: PaddingOptions = {}): Features {
    return waveformFeatures(this.samples(sounds), this.config, options);
  }

  /** @returns `inputValues` [N, frames, num_mel_bins], and where wanted `attentionMask` [N, frames] */
  extractTargets(sounds: Sound | readonly Sound[], options: PaddingOptions = {}): Features {
    const features = this.samples(sounds).map((samples) => this.#logMel(samples));
    const { rows, masks } = padRows(features, this.config, options);
    return { inputValues: stackRows(rows, true), ...(masks === null ? {} : { attentionMask: stackMasks(masks) }) };
  }

  /** Both: {@link extract} of the sounds, with `labels` and `decoderAttentionMask` of the targets. */
  extractPair(
    sounds: Sound | readonly Sound[],
    targets: Sound | readonly Sound[],
    options: PaddingOptions = {},
  ): Features {
    const { inputValues: labels, attentionMask } = this.extractTargets(targets, options);
    const features: Record<string, tf.Tensor> = { ...this.extract(sounds, options), labels: labels! };
    if (attentionMask !== undefined) features['decoderAttentionMask'] = attentionMask;
    return features;
  }

  #logMel(samples: Float32Array): Rows {
    const {
      sampling_rate: rate,
      win_length,
      hop_length,
      win_function,
      num_mel_bins,
      fmin,
      fmax,
      mel_floor,
    } = this.config;
    const frameLength = Math.floor((win_length * rate) / 1000);
    const fftLength = powerOfTwo(frameLength);
    const { values, width } = powerSpectrum(samples, {
      frameLength,
      hopLength: Math.floor((hop_length * rate) / 1000),
      fftLength,
      window: namedWindow(win_function, frameLength, true),
      center: true,
    });
    const bank = filterBank(width, num_mel_bins, rate, { fMin: fmin, fMax: fmax, norm: 'slaney', scale: 'slaney' });
    return bandsOf({ values: values.map(Math.sqrt), width }, bank, (band) => Math.log10(Math.max(band, mel_floor)));
  }
}
