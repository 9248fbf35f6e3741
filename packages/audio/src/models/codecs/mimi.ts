/**
 * Mimi: "Moshi: a speech-text foundation model for real-time dialogue", Défossez et al. 2024, arXiv:2410.00037. Names and config.json are
 * those of transformers (Apache-2.0), whose checkpoint `kyutai/mimi` it loads; original code: github.com/kyutai-labs/moshi (MIT).
 */
import {
  check,
  loadPretrained,
  scope,
  UnsupportedError,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import {
  checkEndMode,
  SEANetDecoder,
  SEANetEncoder,
  SequentialStream,
  StreamableConv1d,
  StreamableConvTranspose1d,
  WindowTransformer,
} from '../../layers/index.js';
import { Held } from '../../layers/streaming.js';
import { CodecModel, type EncodeOptions, type QuantizedFrames } from './codec-model.js';
import { MimiSplitResidualVectorQuantizer } from './mimi-quantizer.js';
import { checkCodebookSize, checkCounts, product, settingsIn } from './settings.js';
import { StreamingDecoder, StreamingEncoder } from './streams.js';

/** As transformers' MimiConfig; the defaults are `kyutai/mimi`'s. */
export interface MimiConfig {
  readonly sampling_rate: number;
  /** Frames a second; null: half of what the convolutions give. */
  readonly frame_rate: number | null;
  readonly audio_channels: number;
  readonly hidden_size: number;
  readonly num_filters: number;
  readonly num_residual_layers: number;
  readonly upsampling_ratios: readonly number[];
  readonly kernel_size: number;
  readonly last_kernel_size: number;
  readonly residual_kernel_size: number;
  readonly dilation_growth_rate: number;
  readonly use_causal_conv: boolean;
  readonly pad_mode: string;
  readonly compress: number;
  readonly trim_right_ratio: number;
  readonly codebook_size: number;
  readonly codebook_dim: number;
  readonly num_quantizers: number;
  readonly use_conv_shortcut: boolean;
  /** Width of the frames where they are quantised: codebook_dim. */
  readonly vector_quantization_hidden_dimension: number;
  /** How many of the quantisers are the semantic ones. */
  readonly num_semantic_quantizers: number;
  readonly upsample_groups: number;
  readonly num_hidden_layers: number;
  readonly intermediate_size: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  /** Null: hidden_size / num_attention_heads. */
  readonly head_dim: number | null;
  readonly hidden_act: string;
  readonly norm_eps: number;
  readonly rope_parameters: { readonly rope_theta: number; readonly rope_type?: string };
  /** Steps that a step of the transformers sees, itself the last. */
  readonly sliding_window: number;
  readonly attention_dropout: number;
  readonly layer_scale_initial_scale: number;
  readonly attention_bias: boolean;
}

const defaults: MimiConfig = {
  sampling_rate: 24_000,
  frame_rate: null,
  audio_channels: 1,
  hidden_size: 512,
  num_filters: 64,
  num_residual_layers: 1,
  upsampling_ratios: [8, 6, 5, 4],
  kernel_size: 7,
  last_kernel_size: 3,
  residual_kernel_size: 3,
  dilation_growth_rate: 2,
  use_causal_conv: true,
  pad_mode: 'constant',
  compress: 2,
  trim_right_ratio: 1,
  codebook_size: 2048,
  codebook_dim: 256,
  num_quantizers: 32,
  use_conv_shortcut: false,
  vector_quantization_hidden_dimension: 256,
  num_semantic_quantizers: 1,
  upsample_groups: 512,
  num_hidden_layers: 8,
  intermediate_size: 2048,
  num_attention_heads: 8,
  num_key_value_heads: 8,
  head_dim: null,
  hidden_act: 'gelu',
  norm_eps: 1e-5,
  rope_parameters: { rope_theta: 10_000, rope_type: 'default' },
  sliding_window: 250,
  attention_dropout: 0,
  layer_scale_initial_scale: 0.01,
  attention_bias: false,
};

export class MimiModel extends CodecModel<MimiConfig> {
  protected override readonly modelType = 'mimi';
  override readonly config: MimiConfig;
  readonly encoder: SEANetEncoder;
  readonly encoder_transformer: WindowTransformer;
  /** Two steps of the convolutions to a frame; null where the frame rate is theirs. */
  readonly downsample: StreamableConv1d | null;
  readonly upsample: StreamableConvTranspose1d | null;
  readonly decoder_transformer: WindowTransformer;
  readonly decoder: SEANetDecoder;
  readonly quantizer: MimiSplitResidualVectorQuantizer;
  readonly sampleRate: number;
  readonly channels: number;
  readonly hopLength: number;
  readonly latentChannels: number;
  readonly codebookSize: number;
  readonly numCodebooks: number;

  /** @throws InvalidArgumentError for settings that do not go together; UnsupportedError for rotary positions of another kind */
  constructor(config: Partial<MimiConfig> = {}, options: { readonly generator?: Generator | undefined } = {}) {
    super();
    const settings = checked({ ...defaults, ...config });
    const { pad_mode: padMode, use_causal_conv: causal, trim_right_ratio: trimRightRatio } = settings;
    checkEndMode(padMode, 'Mimi');
    const { generator } = options;
    this.config = settings;
    this.sampleRate = settings.sampling_rate;
    this.channels = settings.audio_channels;
    this.latentChannels = settings.hidden_size;
    this.codebookSize = settings.codebook_size;
    this.numCodebooks = settings.num_quantizers;

    const seanet = {
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
      lstmLayers: 0,
      convShortcut: settings.use_conv_shortcut,
      causal,
      padMode,
      norm: 'none',
      trimRightRatio,
      generator,
    } as const;
    const transformer = (): WindowTransformer =>
      new WindowTransformer({
        width: settings.hidden_size,
        layers: settings.num_hidden_layers,
        heads: settings.num_attention_heads,
        keyValueHeads: settings.num_key_value_heads,
        ...(settings.head_dim !== null && { headDim: settings.head_dim }),
        intermediate: settings.intermediate_size,
        window: settings.sliding_window,
        activation: settings.hidden_act,
        ropeTheta: settings.rope_parameters.rope_theta,
        eps: settings.norm_eps,
        layerScale: settings.layer_scale_initial_scale,
        attentionBias: settings.attention_bias,
        dropout: settings.attention_dropout,
        generator,
      });
    this.encoder = new SEANetEncoder(seanet);
    this.encoder_transformer = transformer();
    const steps = product(settings.upsampling_ratios);
    const stepRate = Math.ceil(settings.sampling_rate / steps);
    const frameRate = settings.frame_rate ?? settings.sampling_rate / (2 * steps);
    const width = settings.hidden_size;
    if (frameRate === stepRate) {
      this.hopLength = steps;
      this.downsample = null;
      this.upsample = null;
    } else {
      this.hopLength = 2 * steps;
      // the reference's stride is 2, whatever the rates are
      const shared = { kernelSize: 2 * Math.trunc(stepRate / frameRate), stride: 2, bias: false, causal, generator };
      this.downsample = new StreamableConv1d(width, width, { ...shared, padMode: 'replicate' });
      const groups = settings.upsample_groups;
      this.upsample = new StreamableConvTranspose1d(width, width, { ...shared, groups, trimRightRatio });
    }
    this.decoder_transformer = transformer();
    this.decoder = new SEANetDecoder(seanet);
    this.quantizer = new MimiSplitResidualVectorQuantizer(settings.num_quantizers, settings.num_semantic_quantizers, {
      latentChannels: width,
      codebookDim: settings.codebook_dim,
      projected: settings.vector_quantization_hidden_dimension !== width,
      codebookSize: settings.codebook_size,
      generator,
    });
  }

  override get canStream(): boolean {
    return true;
  }

  override encodeLatent(x: tf.Tensor): tf.Tensor {
    this.checkSound(x);
    return scope(() => {
      const y = this.encoder_transformer.forward(this.encoder.forward(x));
      return this.downsample === null ? y : this.downsample.forward(y);
    });
  }

  override decodeLatent(latent: tf.Tensor): tf.Tensor {
    this.checkLatent(latent);
    return scope(() => {
      const up = this.upsample === null ? latent : this.upsample.forward(latent);
      return this.decoder.forward(this.decoder_transformer.forward(up));
    });
  }

  override quantize(latent: tf.Tensor, codebooks: number = this.numCodebooks): QuantizedFrames {
    this.checkLatent(latent);
    return this.quantizer.forward(latent, this.checkCodebooks(codebooks));
  }

  override codesOf(latent: tf.Tensor, codebooks: number = this.numCodebooks): tf.Tensor {
    this.checkLatent(latent);
    this.checkCodebooks(codebooks);
    return scope(() => this.quantizer.nearest(latent, this.quantizer.codebooks(codebooks)));
  }

  override dequantize(codes: tf.Tensor): tf.Tensor {
    this.checkCodes(codes);
    return scope(() => this.quantizer.lookup(codes, this.quantizer.codebooks(codes.shape[2]!)));
  }

  /** Codes of the second quantiser go with all of the first one's. */
  protected override checkCodebooks(codebooks: number): number {
    const semantic = this.config.num_semantic_quantizers;
    check(
      codebooks >= semantic,
      () => `Mimi: its ${semantic} semantic codebooks are always used, cannot use ${codebooks} codebooks`,
    );
    return super.checkCodebooks(codebooks);
  }

  override streamingEncoder(options: EncodeOptions = {}): StreamingEncoder {
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    const { channels, hopLength } = this;
    const stages = [this.encoder, this.encoder_transformer, ...(this.downsample === null ? [] : [this.downsample])];
    const { tables, layers } = this.#withCodebooks(new SequentialStream(stages), codebooks);
    return new StreamingEncoder({ layers, channels, hopLength }, (latent) => this.quantizer.nearest(latent, tables()));
  }

  override streamingDecoder(): StreamingDecoder {
    const stages = [...(this.upsample === null ? [] : [this.upsample]), this.decoder_transformer, this.decoder];
    const { tables, layers } = this.#withCodebooks(new SequentialStream(stages), this.numCodebooks);
    return new StreamingDecoder(layers, (codes) => {
      this.checkCodes(codes);
      return this.quantizer.lookup(codes, tables().slice(0, codes.shape[2]!));
    });
  }

  /** The codes, computed once for a stream and freed with it. */
  #withCodebooks(stream: SequentialStream, codebooks: number) {
    const held = scope(() => this.quantizer.codebooks(codebooks).map((table) => new Held(table)));
    const layers = {
      push: (x: tf.Tensor | null, last: boolean) => stream.push(x, last),
      dispose(): void {
        stream.dispose();
        for (const table of held) table.dispose();
      },
    };
    return { layers, tables: () => held.map(({ value }) => value!) };
  }

  /** Loads a checkpoint: a folder, URL or hub id (`kyutai/mimi`). @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<MimiModel> {
    return loadPretrained(source, mimiFamilies, options);
  }
}

export const mimiFamilies: ReadonlyArray<ModelFamily<MimiModel>> = [
  {
    modelType: 'mimi',
    matches: (config) => config['model_type'] === 'mimi',
    build: (config) => new MimiModel(mimiSettings(config)),
  },
];

/** Older files have `rope_theta` beside the rest, newer ones `_frame_rate`. */
function mimiSettings(config: Config): Partial<MimiConfig> {
  const { rope_theta, rope_parameters, _frame_rate, frame_rate } = config;
  return settingsIn<MimiConfig>(
    {
      ...config,
      frame_rate: frame_rate ?? _frame_rate ?? null,
      rope_parameters: rope_parameters ?? (rope_theta === undefined ? null : { rope_theta }),
    },
    defaults,
  );
}

function checked(config: MimiConfig): MimiConfig {
  const { hidden_size, codebook_dim, vector_quantization_hidden_dimension: inner, rope_parameters } = config;
  const { num_attention_heads, num_key_value_heads, num_quantizers, num_semantic_quantizers, audio_channels } = config;
  checkCodebookSize(config.codebook_size, 'Mimi');
  const { sampling_rate, num_filters, upsampling_ratios, sliding_window, num_hidden_layers, compress } = config;
  checkCounts('Mimi', { sampling_rate, hidden_size, num_filters, upsampling_ratios, sliding_window, compress });
  checkCounts('Mimi', {
    num_attention_heads,
    num_key_value_heads,
    num_quantizers,
    num_semantic_quantizers,
    num_hidden_layers,
  });
  check(
    audio_channels === 1 || audio_channels === 2,
    () => `Mimi: audio_channels must be 1 or 2, got ${audio_channels}`,
  );
  check(
    num_semantic_quantizers < num_quantizers,
    () => `Mimi: num_semantic_quantizers ${num_semantic_quantizers} must be below num_quantizers ${num_quantizers}`,
  );
  check(
    hidden_size % num_attention_heads === 0,
    () => `Mimi: hidden_size ${hidden_size} does not divide into ${num_attention_heads} heads`,
  );
  check(
    codebook_dim === inner,
    () => `Mimi: codebook_dim ${codebook_dim} must be vector_quantization_hidden_dimension ${inner}`,
  );
  const { rope_type = 'default' } = rope_parameters;
  if (rope_type !== 'default')
    throw new UnsupportedError(`Mimi: rotary positions of rope_type '${rope_type}' are not built`);
  return config;
}
