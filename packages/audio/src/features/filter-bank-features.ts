import * as tf from '@tensorflow/tfjs-core';
import { scope, type Config, type Generator } from '@hourglass/core';
import { kaldiFbank } from '../signal/kaldi.js';
import {
  FeatureExtractor,
  lengthOfRows,
  padRows,
  pads,
  rowsOf,
  settingsOf,
  stackMasks,
  stackRows,
  type Features,
  type PaddingOptions,
  type Rows,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';

export interface Speech2TextFeatureConfig extends SequenceConfig {
  readonly num_mel_bins: number;
  readonly dither: number;
  /** The name has this spelling in the reference. */
  readonly do_ceptral_normalize: boolean;
  readonly normalize_means: boolean;
  readonly normalize_vars: boolean;
}

/** Normalised filter-bank features for Speech2Text (Wang et al. 2020). */
export class Speech2TextFeatureExtractor extends FeatureExtractor<
  Speech2TextFeatureConfig,
  PaddingOptions & { readonly generator?: Generator }
> {
  constructor(config: Config | Partial<Speech2TextFeatureConfig> = {}) {
    const sizes = { feature_size: 80, sampling_rate: 16000, padding_value: 0, num_mel_bins: 80, dither: 0 };
    const normalisation = { do_ceptral_normalize: true, normalize_means: true, normalize_vars: true };
    super(settingsOf({ ...sizes, ...normalisation }, { ...config, return_attention_mask: true }));
  }

  /** @returns `inputFeatures` [N, frames, num_mel_bins], and where wanted `attentionMask` [N, frames] */
  extract(
    sounds: Sound | readonly Sound[],
    options: PaddingOptions & { readonly generator?: Generator } = {},
  ): Features {
    const { config } = this;
    const { num_mel_bins: numMelBins, sampling_rate: sampleFrequency, dither } = config;
    const { generator } = options;
    const bands = this.samples(sounds).map((samples) =>
      filterBankRows(samples, {
        numMelBins,
        sampleFrequency,
        dither,
        ...(generator === undefined ? {} : { generator }),
      }),
    );
    const { rows, masks } = padRows(bands, config, options);
    const normalised = !config.do_ceptral_normalize
      ? rows
      : rows.map((row, i) => {
          const byMask = pads(options) && masks !== null;
          const length = byMask ? masks[i]!.reduce((sum, value) => sum + value, 0) : lengthOfRows(row);
          return normaliseColumns(row, length, config.padding_value, {
            means: config.normalize_means,
            vars: config.normalize_vars,
          });
        });
    return {
      inputFeatures: stackRows(normalised, true),
      ...(masks === null ? {} : { attentionMask: stackMasks(masks) }),
    };
  }
}

export interface SeamlessM4TFeatureConfig extends SequenceConfig {
  readonly num_mel_bins: number;
  /** Frames that become one. */
  readonly stride: number;
}

export interface SeamlessM4TFeatureOptions extends PaddingOptions {
  /** Default true. */
  readonly doNormalizePerMelBins?: boolean;
}

/** Normalised filter-bank features, `stride` frames side by side, for wav2vec2-BERT and SeamlessM4T (2023). */
export class SeamlessM4TFeatureExtractor extends FeatureExtractor<SeamlessM4TFeatureConfig, SeamlessM4TFeatureOptions> {
  constructor(config: Config | Partial<SeamlessM4TFeatureConfig> = {}) {
    super(
      settingsOf(
        { feature_size: 80, sampling_rate: 16000, padding_value: 0, num_mel_bins: 80, stride: 2 },
        { ...config, return_attention_mask: (config as Config)['return_attention_mask'] !== false },
      ),
    );
  }

  /** @returns `inputFeatures` [N, frames / stride, num_mel_bins · stride], and where wanted `attentionMask` [N, frames / stride] */
  extract(sounds: Sound | readonly Sound[], options: SeamlessM4TFeatureOptions = {}): Features {
    const { config } = this;
    const { stride, num_mel_bins: numMelBins } = config;
    const { padding = true, padToMultipleOf = 2, doNormalizePerMelBins = true } = options;
    const bands = this.samples(sounds).map((samples) => {
      const rows = filterBankRows(samples, { numMelBins });
      return doNormalizePerMelBins
        ? normaliseColumns(rows, lengthOfRows(rows), 0, { means: true, vars: true, unbiased: true, epsilon: 1e-7 })
        : rows;
    });
    const settings = { ...options, padding, padToMultipleOf, returnAttentionMask: true };
    const { rows, masks } = padRows(bands, config, settings);
    const joined = rows.map(({ values, width }) => {
      const frames = Math.floor(values.length / width / stride);
      return { values: values.subarray(0, frames * stride * width), width: width * stride };
    });
    const inputFeatures = stackRows(joined, true);
    if (!(options.returnAttentionMask ?? config.return_attention_mask ?? true)) return { inputFeatures };
    // the reference takes the second frame of each group for all of it
    const kept = masks!.map((mask) =>
      Int32Array.from({ length: inputFeatures.shape[1]! }, (_, i) => mask[i * stride + (1 % stride)]!),
    );
    return { inputFeatures, attentionMask: stackMasks(kept) };
  }
}

function filterBankRows(samples: Float32Array, options: Parameters<typeof kaldiFbank>[1]): Rows {
  return scope(() => rowsOf(kaldiFbank(tf.mul(tf.tensor1d(samples), 2 ** 15), options)));
}

interface Normalisation {
  readonly means: boolean;
  readonly vars: boolean;
  readonly unbiased?: boolean;
  readonly epsilon?: number;
}

/** Each column less its mean over the first rows and divided by its standard deviation; `padding` after them. */
function normaliseColumns({ values, width }: Rows, length: number, padding: number, options: Normalisation): Rows {
  const result = new Float32Array(values.length).fill(padding);
  for (let column = 0; column < width; column++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < length; i++) sum += values[i * width + column]!;
    const mean = sum / length;
    for (let i = 0; i < length; i++) squares += (values[i * width + column]! - mean) ** 2;
    const variance = squares / (options.unbiased === true ? length - 1 : length) + (options.epsilon ?? 0);
    const [offset, scale] = [options.means ? mean : 0, options.vars ? 1 / Math.sqrt(variance) : 1];
    for (let i = 0; i < length; i++) result[i * width + column] = (values[i * width + column]! - offset) * scale;
  }
  return { values: result, width };
}
