/**
 * Descript Audio Codec: "High-Fidelity Audio Compression with Improved RVQGAN", Kumar et al. 2023, arXiv:2306.06546. Names and config.json
 * are those of transformers (Apache-2.0), whose checkpoints `descript/dac_16khz`, `dac_24khz` and `dac_44khz` it loads; original code:
 * github.com/descriptinc/descript-audio-codec (MIT).
 */
import {
  check,
  loadPretrained,
  scope,
  Tanh,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { SnakeDecoder, SnakeEncoder } from '../../layers/index.js';
import { CodecModel, fitTo, type EncodeOptions, type QuantizedFrames } from './codec-model.js';
import { DacResidualVectorQuantizer } from './dac-quantizer.js';
import { checkCodebookSize, checkCounts, product, settingsIn } from './settings.js';
import { StreamingDecoder, StreamingEncoder } from './streams.js';

/** As transformers' DacConfig. */
export interface DacConfig {
  /** Channels next to the sound; each stage has twice as many. */
  readonly encoder_hidden_size: number;
  readonly downsampling_ratios: readonly number[];
  /** Channels next to the frames; each stage has half as many. */
  readonly decoder_hidden_size: number;
  readonly n_codebooks: number;
  readonly codebook_size: number;
  readonly codebook_dim: number;
  /** Share of a batch's examples that train with some of the first codebooks only. */
  readonly quantizer_dropout: number;
  readonly commitment_loss_weight: number;
  readonly codebook_loss_weight: number;
  readonly sampling_rate: number;
}

const defaults: DacConfig = {
  encoder_hidden_size: 64,
  downsampling_ratios: [2, 4, 8, 8],
  decoder_hidden_size: 1536,
  n_codebooks: 9,
  codebook_size: 1024,
  codebook_dim: 8,
  quantizer_dropout: 0,
  commitment_loss_weight: 0.25,
  codebook_loss_weight: 1,
  sampling_rate: 16_000,
};

/** {@link QuantizedFrames} with what DAC's codebooks were given. */
export interface DacQuantizedFrames extends QuantizedFrames {
  /** float32 [N, frames, codebooks · codebook_dim] */
  readonly projected: tf.Tensor;
}

/** Looks ahead. Sound is best a whole number of frames long: what the last stride does not reach is not heard, see {@link reconstruct}. */
export class DacModel extends CodecModel<DacConfig> {
  protected override readonly modelType = 'dac';
  override readonly config: DacConfig;
  readonly encoder: SnakeEncoder;
  readonly decoder: SnakeDecoder;
  readonly quantizer: DacResidualVectorQuantizer;
  readonly channels = 1;
  readonly sampleRate: number;
  readonly hopLength: number;
  readonly latentChannels: number;
  readonly codebookSize: number;
  readonly numCodebooks: number;

  /** @throws InvalidArgumentError for settings that do not go together */
  constructor(config: Partial<DacConfig> = {}, options: { readonly generator?: Generator | undefined } = {}) {
    super();
    const settings = { ...defaults, ...config };
    const { encoder_hidden_size, decoder_hidden_size, downsampling_ratios: strides, codebook_size } = settings;
    const { codebook_dim, n_codebooks, sampling_rate, quantizer_dropout } = settings;
    checkCodebookSize(codebook_size, 'DAC');
    checkCounts('DAC', { encoder_hidden_size, downsampling_ratios: strides, n_codebooks, codebook_dim, sampling_rate });
    check(
      quantizer_dropout >= 0 && quantizer_dropout <= 1,
      () => `DAC: quantizer_dropout must lie in [0, 1], got ${quantizer_dropout}`,
    );
    const decoderWidths = [...strides, 1].map((_, i) => Math.floor(decoder_hidden_size / 2 ** i));
    checkCounts('DAC', { 'decoder_hidden_size, halved at each stage,': decoderWidths });
    const { generator } = options;
    this.config = settings;
    this.sampleRate = sampling_rate;
    this.hopLength = product(strides);
    this.codebookSize = codebook_size;
    this.numCodebooks = n_codebooks;
    this.latentChannels = encoder_hidden_size * 2 ** strides.length;
    const shared = { channels: 1, latentChannels: this.latentChannels, generator };
    this.encoder = new SnakeEncoder({
      ...shared,
      strides,
      widths: [1, ...strides].map((_, i) => encoder_hidden_size * 2 ** i),
    });
    this.decoder = new SnakeDecoder({
      ...shared,
      strides: strides.toReversed(),
      widths: decoderWidths,
      last: new Tanh(),
    });
    this.quantizer = new DacResidualVectorQuantizer({
      latentChannels: this.latentChannels,
      codebooks: n_codebooks,
      codebookSize: codebook_size,
      codebookDim: codebook_dim,
      dropout: quantizer_dropout,
      generator,
    });
  }

  override get canStream(): boolean {
    return true;
  }

  override encodeLatent(x: tf.Tensor): tf.Tensor {
    this.checkSound(x);
    return this.encoder.forward(x);
  }

  override decodeLatent(latent: tf.Tensor): tf.Tensor {
    this.checkLatent(latent);
    return this.decoder.forward(latent);
  }

  override quantize(latent: tf.Tensor, codebooks?: number): DacQuantizedFrames {
    this.checkLatent(latent);
    if (codebooks !== undefined) this.checkCodebooks(codebooks);
    const { commitment_loss_weight, codebook_loss_weight } = this.config;
    return scope(() => {
      const { value, codes, projected, commitment, codebook } = this.quantizer.forward(latent, codebooks);
      const penalty = tf.add(tf.mul(commitment, commitment_loss_weight), tf.mul(codebook, codebook_loss_weight));
      return { value, codes, projected, penalty, metrics: { commitment, codebook } };
    });
  }

  override codesOf(latent: tf.Tensor, codebooks: number = this.numCodebooks): tf.Tensor {
    this.checkLatent(latent);
    return scope(() => this.quantizer.forward(latent, this.checkCodebooks(codebooks)).codes);
  }

  override dequantize(codes: tf.Tensor): tf.Tensor {
    this.checkCodes(codes);
    return this.quantizer.lookup(codes);
  }

  /** Sound through the codes and back, of the same length; it is filled up to whole frames with zeros before. */
  override reconstruct(x: tf.Tensor, options: EncodeOptions = {}): tf.Tensor {
    this.checkSound(x);
    return scope(() => fitTo(super.reconstruct(wholeFrames(this, x), options), x.shape[1]!));
  }

  override streamingEncoder(options: EncodeOptions = {}): StreamingEncoder {
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    const { channels, hopLength } = this;
    const layers = this.encoder.stream();
    return new StreamingEncoder({ layers, channels, hopLength }, (latent) => this.codesOf(latent, codebooks));
  }

  override streamingDecoder(): StreamingDecoder {
    return new StreamingDecoder(this.decoder.stream(), (codes) => this.dequantize(codes));
  }

  /** Loads a checkpoint: a folder, URL or hub id (`descript/dac_16khz`). @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<DacModel> {
    return loadPretrained(source, dacFamilies, options);
  }
}

/** Sound x [N, time, channels] with zeros behind it where the model would not hear what is no whole frame, as DAC. */
export function wholeFrames(model: CodecModel<object>, x: tf.Tensor): tf.Tensor {
  return model instanceof DacModel ? fitTo(x, Math.ceil(x.shape[1]! / model.hopLength) * model.hopLength) : tf.clone(x);
}

export const dacFamilies: ReadonlyArray<ModelFamily<DacModel>> = [
  {
    modelType: 'dac',
    matches: (config) => config['model_type'] === 'dac',
    build: (config) => new DacModel(settingsIn<DacConfig>(config, defaults)),
  },
];
