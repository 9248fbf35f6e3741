/**
 * EnCodec: "High Fidelity Neural Audio Compression", Défossez et al. 2022, arXiv:2210.13438. Names and config.json are those of transformers
 * (Apache-2.0), whose checkpoints `facebook/encodec_24khz` (causal, one channel) and `facebook/encodec_48khz` (stereo, in chunks) it loads;
 * original code: github.com/facebookresearch/encodec (MIT).
 */
import { check, loadPretrained, type ModelFamily, type OpenOptions } from '@hourglass/core';
import { checkConvNorm, checkEndMode } from '../../layers/index.js';
import type { ChunkSizes } from './chunks.js';
import { EncodecCodec, type EncodecOptions } from './encodec-codec.js';
import { checkCodebookSize, checkCounts, product, settingsIn } from './settings.js';

/** As transformers' EncodecConfig; the defaults are those of 24 kHz. */
export interface EncodecConfig {
  /** In thousands of bits a second, the largest last: it says how many codebooks there are. */
  readonly target_bandwidths: readonly number[];
  readonly sampling_rate: number;
  readonly audio_channels: number;
  /** Divide each chunk by its loudness. */
  readonly normalize: boolean;
  /** Seconds of a chunk; null: the whole signal at once. */
  readonly chunk_length_s: number | null;
  /** Share of a chunk that the next one covers too. */
  readonly overlap: number | null;
  readonly hidden_size: number;
  readonly num_filters: number;
  readonly num_residual_layers: number;
  readonly upsampling_ratios: readonly number[];
  /** `weight_norm` or `time_group_norm`. */
  readonly norm_type: string;
  readonly kernel_size: number;
  readonly last_kernel_size: number;
  readonly residual_kernel_size: number;
  readonly dilation_growth_rate: number;
  readonly use_causal_conv: boolean;
  readonly pad_mode: string;
  readonly compress: number;
  readonly num_lstm_layers: number;
  readonly trim_right_ratio: number;
  readonly codebook_size: number;
  /** As hidden_size. */
  readonly codebook_dim: number;
  readonly use_conv_shortcut: boolean;
}

const defaults: EncodecConfig = {
  target_bandwidths: [1.5, 3, 6, 12, 24],
  sampling_rate: 24_000,
  audio_channels: 1,
  normalize: false,
  chunk_length_s: null,
  overlap: null,
  hidden_size: 128,
  num_filters: 32,
  num_residual_layers: 1,
  upsampling_ratios: [8, 5, 4, 2],
  norm_type: 'weight_norm',
  kernel_size: 7,
  last_kernel_size: 7,
  residual_kernel_size: 3,
  dilation_growth_rate: 2,
  use_causal_conv: true,
  pad_mode: 'reflect',
  compress: 2,
  num_lstm_layers: 2,
  trim_right_ratio: 1,
  codebook_size: 1024,
  codebook_dim: 128,
  use_conv_shortcut: true,
};

/** Settings that differ from 24 kHz in `facebook/encodec_48khz`. */
export const encodec48kHz: Partial<EncodecConfig> = {
  target_bandwidths: [3, 6, 12, 24],
  sampling_rate: 48_000,
  audio_channels: 2,
  normalize: true,
  chunk_length_s: 1,
  overlap: 0.01,
  norm_type: 'time_group_norm',
  use_causal_conv: false,
};

export class EncodecModel extends EncodecCodec<EncodecConfig> {
  protected override readonly modelType = 'encodec';
  override readonly config: EncodecConfig;

  /** @throws InvalidArgumentError for settings that do not go together */
  constructor(config: Partial<EncodecConfig> = {}, options: EncodecOptions = {}) {
    const settings = checked({ ...defaults, codebook_dim: config.hidden_size ?? defaults.hidden_size, ...config });
    checkConvNorm(settings.norm_type, 'EnCodec');
    checkEndMode(settings.pad_mode, 'EnCodec');
    super(
      {
        seanet: {
          channels: settings.audio_channels,
          dimension: settings.hidden_size,
          numFilters: settings.num_filters,
          ratios: settings.upsampling_ratios,
          numResidualLayers: settings.num_residual_layers,
          kernelSize: settings.kernel_size,
          lastKernelSize: settings.last_kernel_size,
          residualKernelSize: settings.residual_kernel_size,
          dilationGrowthRate: settings.dilation_growth_rate,
          compress: settings.compress,
          lstmLayers: settings.num_lstm_layers,
          convShortcut: settings.use_conv_shortcut,
          causal: settings.use_causal_conv,
          padMode: settings.pad_mode,
          norm: settings.norm_type,
          trimRightRatio: settings.trim_right_ratio,
        },
        sampleRate: settings.sampling_rate,
        codebookSize: settings.codebook_size,
        numCodebooks: codebooksOf(settings),
        normalize: settings.normalize,
        chunks: chunkSizes(settings),
      },
      options,
    );
    this.config = settings;
  }

  /** How many codebooks a bandwidth of so many thousand bits a second pays for, at least 1; reference's rule. */
  codebooksFor(bandwidth: number): number {
    check(
      this.config.target_bandwidths.includes(bandwidth),
      () => `this EnCodec has bandwidths of ${this.config.target_bandwidths.join(', ')} kbit/s, not ${bandwidth}`,
    );
    const each = Math.log2(this.codebookSize) * frameRate(this.config);
    return Math.min(this.numCodebooks, Math.max(1, Math.floor((bandwidth * 1000) / each)));
  }

  /** Loads a checkpoint: a folder, URL or hub id (`facebook/encodec_24khz`). @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<EncodecModel> {
    return loadPretrained(source, encodecFamilies, options);
  }
}

export const encodecFamilies: ReadonlyArray<ModelFamily<EncodecModel>> = [
  {
    modelType: 'encodec',
    matches: (config) => config['model_type'] === 'encodec',
    build: (config) => new EncodecModel(settingsIn<EncodecConfig>(config, defaults)),
    // as torch before 2.0 named them
    rename: [
      ['{rest*}.weight_g', '{rest*}.parametrizations.weight.original0'],
      ['{rest*}.weight_v', '{rest*}.parametrizations.weight.original1'],
    ],
  },
];

function frameRate({ sampling_rate, upsampling_ratios }: EncodecConfig): number {
  return Math.ceil(sampling_rate / product(upsampling_ratios));
}

function codebooksOf(config: EncodecConfig): number {
  const bits = Math.ceil(Math.log2(config.codebook_size));
  const count = Math.floor((1000 * config.target_bandwidths.at(-1)!) / (frameRate(config) * bits));
  check(
    count > 0,
    () =>
      `EnCodec: ${config.target_bandwidths.at(-1)} kbit/s are less than one codebook's ${frameRate(config) * bits} bits a second`,
  );
  return count;
}

function chunkSizes({ chunk_length_s, overlap, sampling_rate }: EncodecConfig): ChunkSizes | null {
  if (chunk_length_s === null) return null;
  check(
    overlap !== null && overlap >= 0 && overlap < 1,
    () => `EnCodec: chunks need an overlap in [0, 1), got ${overlap}`,
  );
  const length = Math.trunc(chunk_length_s * sampling_rate);
  check(length > 0, () => `EnCodec: chunks of ${chunk_length_s} s at ${sampling_rate} Hz are empty`);
  return { length, stride: Math.max(1, Math.trunc((1 - overlap) * length)) };
}

function checked(config: EncodecConfig): EncodecConfig {
  checkCodebookSize(config.codebook_size, 'EnCodec');
  const { target_bandwidths, hidden_size, codebook_dim, audio_channels, norm_type, num_lstm_layers } = config;
  const {
    sampling_rate,
    num_filters,
    upsampling_ratios,
    kernel_size,
    last_kernel_size,
    residual_kernel_size,
    compress,
  } = config;
  checkCounts('EnCodec', { sampling_rate, num_filters, upsampling_ratios, hidden_size, compress });
  checkCounts('EnCodec', { kernel_size, last_kernel_size, residual_kernel_size });
  check(target_bandwidths.length > 0, 'EnCodec: target_bandwidths is empty');
  check(
    audio_channels === 1 || audio_channels === 2,
    () => `EnCodec: audio_channels must be 1 or 2, got ${audio_channels}`,
  );
  check(
    hidden_size === codebook_dim,
    () => `EnCodec: codebook_dim ${codebook_dim} must be hidden_size ${hidden_size}, there is no projection between`,
  );
  check(
    norm_type === 'weight_norm' || norm_type === 'time_group_norm',
    () => `EnCodec: norm_type must be weight_norm or time_group_norm, got '${norm_type}'`,
  );
  check(num_lstm_layers > 0, () => `EnCodec: num_lstm_layers must be at least 1, got ${num_lstm_layers}`);
  return config;
}
