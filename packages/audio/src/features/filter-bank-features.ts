import type * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, functional, type Config, type Generator } from '@hourglass/core';
import { kaldiFilterBank } from '../signal/kaldi.js';
import {
  FeatureExtractor,
  lengthOfRows,
  padRows,
  pads,
  settingsOf,
  stackMasks,
  stackRows,
  type Features,
  type PaddingOptions,
  type Rows,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';
import { bandsOf, namedWindow, powerOfTwo, powerSpectrum, type FramedSpectrum } from './spectra.js';

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
    const { generator = defaultGenerator() } = options;
    const bands = this.samples(sounds).map((samples) => {
      const loud = inSixteenBits(samples);
      const noisy = dither === 0 ? loud : loud.map((value) => value + generator.normal(0, dither));
      return kaldiBands(noisy, 'povey', numMelBins, sampleFrequency);
    });
    const { rows, masks } = padRows(bands, config, options);
    const normalised = !config.do_ceptral_normalize
      ? rows
      : rows.map((row, i) => {
          const byMask = pads(options) && masks !== null;
          const length = byMask ? masks[i]!.reduce((sum, value) => sum + value, 0) : lengthOfRows(row);
          return normaliseColumns(row, length, config.padding_value, {
            means: config.normalize_means,
            vars: config.normalize_vars,
            sum: inOrder,
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
    const { stride, num_mel_bins: numMelBins, sampling_rate: rate } = config;
    const { padding = true, padToMultipleOf = 2, doNormalizePerMelBins = true } = options;
    const bands = this.samples(sounds).map((samples) => {
      // of any sample rate
      const frames = { frameLength: 400, hopLength: 160 };
      const bank = functional.melFilterBank(numMelBins, 512, rate, { fMin: 20, scale: 'kaldi', triangles: 'mel' });
      const rows = logBands(inSixteenBits(samples), 'povey', bank, frames);
      return doNormalizePerMelBins
        ? normaliseColumns(rows, lengthOfRows(rows), 0, {
            means: true,
            vars: true,
            sum: pairwise,
            unbiased: true,
            epsilon: 1e-7,
          })
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

/** Kaldi's models were trained on whole numbers of 16 bits. */
const inSixteenBits = (samples: Float32Array): Float32Array => samples.map((value) => value * 2 ** 15);

/** Logarithms of Kaldi's mel filter bank as torchaudio's `fbank` makes them. @param window a name of {@link namedWindow} */
export function kaldiBands(samples: ArrayLike<number>, window: string, bands: number, sampleRate: number): Rows {
  const frameLength = Math.trunc(sampleRate * 25 * 0.001);
  const hopLength = Math.trunc(sampleRate * 10 * 0.001);
  const bank = kaldiFilterBank(bands, powerOfTwo(frameLength), sampleRate);
  return logBands(samples, window, bank, { frameLength, hopLength });
}

function logBands(
  samples: ArrayLike<number>,
  window: string,
  bank: tf.Tensor2D,
  frames: Pick<FramedSpectrum, 'frameLength' | 'hopLength'>,
): Rows {
  const power = powerSpectrum(samples, {
    ...frames,
    fftLength: powerOfTwo(frames.frameLength),
    window: namedWindow(window, frames.frameLength, false),
    center: false,
    preemphasis: 0.97,
  });
  return bandsOf(power, bank, (band) => Math.log(Math.max(band, 2 ** -23)));
}

type Sum = (values: Float32Array) => number;

/** Sums in float32 from the first value to the last, as numpy's of columns. */
const inOrder: Sum = (values) => values.reduce((sum, value) => Math.fround(sum + value), 0);

/** Sums in float32 in the order of numpy's of values that lie side by side: eight at a time, and halves of what is long. */
const pairwise: Sum = (values) => {
  const n = values.length;
  if (n < 8) return inOrder(values);
  if (n > 128) {
    const half = Math.floor(n / 16) * 8;
    return Math.fround(pairwise(values.subarray(0, half)) + pairwise(values.subarray(half)));
  }
  const whole = n - (n % 8);
  let sums = values.slice(0, 8);
  for (let i = 8; i < whole; i++) sums[i % 8]! += values[i]!;
  for (; sums.length > 1;)
    sums = Float32Array.from({ length: sums.length / 2 }, (_, i) => sums[2 * i]! + sums[2 * i + 1]!);
  return values.subarray(whole).reduce((sum, value) => Math.fround(sum + value), sums[0]!);
};

interface Normalisation {
  readonly means: boolean;
  readonly vars: boolean;
  /** The reference's order: bands that hardly change show it. */
  readonly sum: Sum;
  readonly unbiased?: boolean;
  readonly epsilon?: number;
}

/** Each column less its mean over the first rows and divided by its standard deviation, in float32; `padding` after them. */
function normaliseColumns({ values, width }: Rows, length: number, padding: number, options: Normalisation): Rows {
  const { means, vars, sum, unbiased = false, epsilon = 0 } = options;
  const result = new Float32Array(values.length).fill(padding);
  for (let column = 0; column < width; column++) {
    const x = Float32Array.from({ length }, (_, i) => values[i * width + column]!);
    const mean = Math.fround(sum(x) / length);
    const offsets = x.map((value) => value - mean);
    const variance = Math.fround(sum(offsets.map((d) => d * d)) / (unbiased ? length - 1 : length));
    const deviation = vars ? Math.fround(Math.sqrt(Math.fround(variance + epsilon))) : 1;
    const kept = means ? offsets : x;
    for (let i = 0; i < length; i++) result[i * width + column] = kept[i]! / deviation;
  }
  return { values: result, width };
}
