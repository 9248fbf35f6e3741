import { check, defaultGenerator, normalTensor, type Config, type Generator } from '@hourglass/core';
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
import { bandsOf, namedWindow, powerOfTwo, powerSpectrum, reflectEnds } from './spectra.js';

export interface UnivNetFeatureConfig extends SequenceConfig {
  readonly do_normalize: boolean;
  readonly num_mel_bins: number;
  /** Samples, as `win_length` and `filter_length`. */
  readonly hop_length: number;
  readonly win_length: number;
  readonly win_function: string;
  readonly filter_length: number | null;
  readonly max_length_s: number;
  readonly fmin: number;
  readonly fmax: number | null;
  readonly mel_floor: number;
  readonly center: boolean;
  readonly compression_factor: number;
  readonly compression_clip_val: number;
  readonly normalize_min: number;
  readonly normalize_max: number;
  readonly model_in_channels: number;
  readonly pad_end_length: number;
}

const defaults: UnivNetFeatureConfig = {
  feature_size: 1,
  sampling_rate: 24000,
  padding_value: 0,
  return_attention_mask: true,
  do_normalize: false,
  num_mel_bins: 100,
  hop_length: 256,
  win_length: 1024,
  win_function: 'hann_window',
  filter_length: 1024,
  max_length_s: 10,
  fmin: 0,
  fmax: null,
  mel_floor: 1e-9,
  center: false,
  compression_factor: 1,
  compression_clip_val: 1e-5,
  normalize_min: -11.512925148010254,
  normalize_max: 2.314338684082031,
  model_in_channels: 64,
  pad_end_length: 10,
};

export interface UnivNetFeatureOptions extends PaddingOptions {
  /** Also the noise that the vocoder starts from. Default true. */
  readonly returnNoise?: boolean;
  readonly generator?: Generator;
  /** Adds `padLength` frames of silence, which the vocoder needs at the end. Default false. */
  readonly padEnd?: boolean;
  readonly padLength?: number;
  /** Maps features to -1 … 1. Default: as the configuration says. */
  readonly doNormalize?: boolean;
}

/** Logarithms of mel spectrograms for the vocoder UnivNet (Jang et al. 2021). */
export class UnivNetFeatureExtractor extends FeatureExtractor<UnivNetFeatureConfig, UnivNetFeatureOptions> {
  constructor(config: Config | Partial<UnivNetFeatureConfig> = {}) {
    super(settingsOf(defaults, config));
  }

  /**
   * @returns `inputFeatures` [N, frames, num_mel_bins], where wanted `paddingMask` [N, time] (of samples) and `noiseSequence`
   *   [N, frames, model_in_channels]
   */
  extract(sounds: Sound | readonly Sound[], options: UnivNetFeatureOptions = {}): Features {
    const { config } = this;
    const { padding = true, truncation = true, returnNoise = true, padEnd = false } = options;
    const { generator = defaultGenerator(), doNormalize = config.do_normalize } = options;
    const maxLength = options.maxLength ?? config.max_length_s * config.sampling_rate;
    const silence = padEnd ? (options.padLength ?? config.pad_end_length) * config.hop_length : 0;
    const rows = this.samples(sounds).map((samples) => {
      const values = new Float32Array(samples.length + silence).fill(config.padding_value);
      values.set(samples);
      return { values, width: 1 };
    });
    const { rows: padded, masks } = padRows(rows, config, { ...options, padding, truncation, maxLength });
    const features = stackRows(
      padded.map(({ values }) => this.#logMel(values, doNormalize)),
      true,
    );
    const [count, frames] = features.shape as [number, number];
    return {
      inputFeatures: features,
      ...(masks === null ? {} : { paddingMask: stackMasks(masks) }),
      ...(returnNoise
        ? { noiseSequence: normalTensor([count, frames, config.model_in_channels], 0, 1, generator) }
        : {}),
    };
  }

  #logMel(samples: Float32Array, normalises: boolean): Rows {
    const { config } = this;
    const { win_length: winLength, hop_length: hopLength, num_mel_bins, sampling_rate: rate } = config;
    const nFft = config.filter_length ?? powerOfTwo(winLength);
    check(winLength === nFft, `UnivNet: win_length ${winLength} must be the transform's length ${nFft}`);
    const padded = reflectEnds(samples, Math.trunc((nFft - hopLength) / 2));
    const { values, width } = powerSpectrum(padded, {
      frameLength: nFft,
      hopLength,
      window: namedWindow(config.win_function, winLength, true),
      center: config.center,
    });
    const amplitude = values.map((power) => Math.sqrt(power + config.mel_floor));
    const bank = filterBank(width, num_mel_bins, rate, {
      fMin: config.fmin,
      fMax: config.fmax ?? rate / 2,
      norm: 'slaney',
      scale: 'slaney',
    });
    const { normalize_min: least, normalize_max: most, compression_clip_val, compression_factor } = config;
    return bandsOf({ values: amplitude, width }, bank, (band) => {
      const log = Math.log(Math.max(band, compression_clip_val) * compression_factor);
      return normalises ? ((log - least) / (most - least)) * 2 - 1 : log;
    });
  }
}
