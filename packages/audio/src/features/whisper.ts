import { defaultGenerator, type Config, type Generator } from '@hourglass/core';
import { filterBank } from '../signal/filter-banks.js';
import {
  FeatureExtractor,
  padRows,
  settingsOf,
  stackMasks,
  stackRows,
  standardiseAll,
  type Features,
  type PaddingOptions,
  type Rows,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';
import { bandsOf, namedWindow, powerSpectrum } from './spectra.js';

export interface WhisperFeatureConfig extends SequenceConfig {
  readonly hop_length: number;
  /** Seconds that sounds are padded and cut to. */
  readonly chunk_length: number;
  readonly n_fft: number;
  /** Standard deviation of the noise added. */
  readonly dither: number;
}

const defaults: WhisperFeatureConfig = {
  feature_size: 80,
  sampling_rate: 16000,
  padding_value: 0,
  return_attention_mask: false,
  hop_length: 160,
  chunk_length: 30,
  n_fft: 400,
  dither: 0,
};

export interface WhisperFeatureOptions extends PaddingOptions {
  /** Makes waveforms have mean 0 and variance 1 first. Default false. */
  readonly doNormalize?: boolean;
  /** Of the dither. */
  readonly generator?: Generator;
}

/** Logarithms of mel spectrograms for Whisper (Radford et al. 2022). */
export class WhisperFeatureExtractor extends FeatureExtractor<WhisperFeatureConfig, WhisperFeatureOptions> {
  constructor(config: Config | Partial<WhisperFeatureConfig> = {}) {
    super(settingsOf(defaults, config));
  }

  /**
   * Sounds are padded and cut to `chunk_length` seconds where the options do not say otherwise.
   * @returns `inputFeatures` [N, frames, feature_size], and where wanted `attentionMask` [N, frames]; [N, time] where
   *   `return_attention_mask` of the configuration asks for it and the options do not
   */
  extract(sounds: Sound | readonly Sound[], options: WhisperFeatureOptions = {}): Features {
    const { config } = this;
    const { padding = 'max_length', truncation = true, doNormalize = false } = options;
    const maxLength = options.maxLength ?? config.chunk_length * config.sampling_rate;
    const settings = { ...options, padding, truncation, maxLength, returnAttentionMask: true };
    const rows = this.samples(sounds).map((values) => ({ values, width: 1 }));
    const raw = padRows(rows, config, settings);
    // the reference normalises by the mask whether there is padding or not
    const padded = doNormalize ? standardiseAll(raw, config, { ...settings, padding: true }) : raw;
    const { generator = defaultGenerator() } = options;
    const inputFeatures = stackRows(
      padded.rows.map(({ values }) => this.#logMel(values, generator)),
      true,
    );
    const { returnAttentionMask: asked } = options;
    if (asked !== true && !(options.doNormalize ?? config.return_attention_mask ?? false)) return { inputFeatures };
    // the reference brings the mask to frames only where the call asks for it, and leaves that of a configuration in samples
    const frames = inputFeatures.shape[1]!;
    const masks =
      asked === true
        ? padded.masks!.map((mask) => Int32Array.from({ length: frames }, (_, i) => mask[i * config.hop_length]!))
        : padded.masks!;
    return { inputFeatures, attentionMask: stackMasks(masks) };
  }

  #logMel(samples: Float32Array, generator: Generator): Rows {
    const { n_fft: nFft, hop_length: hopLength, dither, feature_size: nMels, sampling_rate: rate } = this.config;
    const { values, width } = powerSpectrum(
      dither === 0 ? samples : samples.map((value) => value + generator.normal(0, dither)),
      { frameLength: nFft, hopLength, window: namedWindow('hann', nFft, true), center: true },
    );
    // the last frame is left out, so that a second is a whole number of frames
    const kept = { values: values.subarray(0, -width), width };
    const bank = filterBank(width, nMels, rate, { fMax: 8000, norm: 'slaney', scale: 'slaney' });
    const logs = bandsOf(kept, bank, (band) => Math.log10(Math.max(band, 1e-10)));
    const floor = logs.values.reduce((most, log) => Math.max(most, log), -Infinity) - 8;
    return { ...logs, values: logs.values.map((log) => (Math.max(log, floor) + 4) / 4) };
  }
}
