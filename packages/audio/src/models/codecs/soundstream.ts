/**
 * SoundStream: "An End-to-End Neural Audio Codec", Zeghidour et al. 2021, arXiv:2107.03312. There is no public checkpoint; parameters are named
 * as those of EnCodec's SEANet, which is the same network with fewer residual units and an LSTM.
 */
import {
  check,
  defaultGenerator,
  functional,
  loadPretrained,
  ownFamily,
  ResidualVectorQuantizer,
  scope,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkConvNorm, checkEndMode, FiLM, SEANetDecoder, SEANetEncoder } from '../../layers/index.js';
import { canStream } from '../../layers/streamable-conv.js';
import {
  checkFiniteSound,
  CodecModel,
  cutTo,
  encodedOf,
  fitTo,
  type CodecOutput,
  type EncodedSound,
  type EncodeOptions,
  type QuantizedFrames,
} from './codec-model.js';
import { checkCodebookSize, checkCounts } from './settings.js';
import { startOrthogonal } from './orthogonal-start.js';
import { StreamingDecoder, StreamingEncoder } from './streams.js';

/** The defaults are the paper's. */
export interface SoundStreamConfig {
  readonly sampling_rate: number;
  readonly audio_channels: number;
  /** Channels next to the sound; each stage towards the frames has twice as many. */
  readonly num_filters: number;
  /** Width of a frame. */
  readonly hidden_size: number;
  /** How much longer the signal gets at each stage of the decoder; the encoder takes them backwards. */
  readonly upsampling_ratios: readonly number[];
  readonly num_residual_layers: number;
  readonly residual_kernel_size: number;
  readonly dilation_growth_rate: number;
  /** How much narrower residual units are inside. */
  readonly compress: number;
  readonly kernel_size: number;
  /** Of the encoder's last convolution. */
  readonly last_kernel_size: number;
  /** `none` or `weight_norm`. */
  readonly norm_type: string;
  /** What lies before the sound: `constant` zeros, with which streams have no delay but a frame's. */
  readonly pad_mode: string;
  readonly num_quantizers: number;
  readonly codebook_size: number;
  /** Share of training batches of which only some of the first codebooks are used. */
  readonly quantizer_dropout: number;
  /** A code with fewer vectors a batch than this, on average, becomes a vector of the batch. */
  readonly revive: number;
  /** Weight of the commitment loss. */
  readonly commitment: number;
  /** Where a condition says whether noise is to be taken out: `none`, `encoder` or `decoder`. */
  readonly denoise: 'none' | 'encoder' | 'decoder';
}

const defaults: SoundStreamConfig = {
  sampling_rate: 24_000,
  audio_channels: 1,
  num_filters: 32,
  hidden_size: 512,
  upsampling_ratios: [8, 5, 4, 2],
  num_residual_layers: 3,
  residual_kernel_size: 7,
  dilation_growth_rate: 3,
  compress: 1,
  kernel_size: 7,
  last_kernel_size: 3,
  norm_type: 'none',
  pad_mode: 'constant',
  num_quantizers: 8,
  codebook_size: 1024,
  quantizer_dropout: 1,
  revive: 2,
  commitment: 1,
  denoise: 'none',
};

/** Whether noise is to be taken out: of everything, or of each frame as a tensor float32 [N or 1, frames or 1] of 0 and 1 says. */
export type Denoising = boolean | tf.Tensor;

export interface SoundStreamOptions extends EncodeOptions {
  /** Default {@link SoundStream.denoising}. */
  readonly denoise?: Denoising;
}

export class SoundStream extends CodecModel<SoundStreamConfig> {
  protected override readonly modelType = 'soundstream';
  override readonly config: SoundStreamConfig;
  readonly encoder: SEANetEncoder;
  readonly quantizer: ResidualVectorQuantizer;
  readonly decoder: SEANetDecoder;
  /** What conditions the frames, where the configuration has a place for it. */
  readonly film: FiLM | null;
  readonly sampleRate: number;
  readonly channels: number;
  readonly hopLength: number;
  readonly latentChannels: number;
  readonly codebookSize: number;
  readonly numCodebooks: number;
  /** Whether noise is taken out where a call does not say. Only a model with a condition can. */
  denoising = false;

  /** @throws InvalidArgumentError for settings that do not go together */
  constructor(config: Partial<SoundStreamConfig> = {}, options: { readonly generator?: Generator | undefined } = {}) {
    super();
    const settings = { ...defaults, ...config };
    const { norm_type: norm, pad_mode: padMode } = settings;
    checkConvNorm(norm, 'SoundStream');
    checkEndMode(padMode, 'SoundStream');
    checkCodebookSize(settings.codebook_size, 'SoundStream');
    const { sampling_rate, audio_channels, num_filters, hidden_size, upsampling_ratios, num_quantizers } = settings;
    checkCounts('SoundStream', { sampling_rate, audio_channels, num_filters, hidden_size, upsampling_ratios });
    const { compress, kernel_size, last_kernel_size, residual_kernel_size } = settings;
    checkCounts('SoundStream', { num_quantizers, compress, kernel_size, last_kernel_size, residual_kernel_size });
    check(
      ['none', 'encoder', 'decoder'].includes(settings.denoise),
      () => `SoundStream: denoise must be none, encoder or decoder, got '${settings.denoise}'`,
    );
    const { generator } = options;
    const seanet = {
      channels: settings.audio_channels,
      dimension: settings.hidden_size,
      numFilters: settings.num_filters,
      ratios: settings.upsampling_ratios,
      numResidualLayers: settings.num_residual_layers,
      residualKernelSize: settings.residual_kernel_size,
      dilationGrowthRate: settings.dilation_growth_rate,
      compress: settings.compress,
      kernelSize: settings.kernel_size,
      lstmLayers: 0,
      convShortcut: false,
      norm,
      padMode,
      generator,
    };
    this.config = settings;
    this.encoder = new SEANetEncoder({ ...seanet, lastKernelSize: settings.last_kernel_size });
    this.decoder = new SEANetDecoder(seanet);
    this.quantizer = new ResidualVectorQuantizer(
      settings.num_quantizers,
      settings.codebook_size,
      settings.hidden_size,
      {
        quantizerDropout: settings.quantizer_dropout,
        revive: settings.revive,
        commitment: settings.commitment,
        ...(generator && { generator }),
      },
    );
    this.film = settings.denoise === 'none' ? null : new FiLM(settings.hidden_size, 2, { generator });
    if (norm === 'none') startOrthogonal(this.encoder, this.decoder, generator ?? defaultGenerator());
    this.sampleRate = settings.sampling_rate;
    this.channels = settings.audio_channels;
    this.hopLength = settings.upsampling_ratios.reduce((product, ratio) => product * ratio, 1);
    this.latentChannels = settings.hidden_size;
    this.codebookSize = settings.codebook_size;
    this.numCodebooks = settings.num_quantizers;
  }

  /**
   * Reads what {@link savePretrained} wrote.
   *
   * @param source a folder, a hub id or a URL
   * @throws CheckpointError, FileError
   */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<SoundStream> {
    return loadPretrained(source, [soundStreamFamily], options);
  }

  override get canStream(): boolean {
    return canStream(this.encoder);
  }

  override encodeLatent(x: tf.Tensor, denoise?: Denoising): tf.Tensor {
    this.checkSound(x);
    return scope(() => this.#conditioned('encoder', this.encoder.forward(x), denoise));
  }

  override decodeLatent(latent: tf.Tensor, denoise?: Denoising): tf.Tensor {
    this.checkLatent(latent);
    return scope(() => this.decoder.forward(this.#conditioned('decoder', latent, denoise)));
  }

  override quantize(latent: tf.Tensor, codebooks?: number): QuantizedFrames {
    this.checkLatent(latent);
    const { codes, ...rest } = this.quantizer.forward(latent, codebooks);
    return { ...rest, codes: codes! };
  }

  override codesOf(latent: tf.Tensor, codebooks: number = this.numCodebooks): tf.Tensor {
    this.checkLatent(latent);
    this.checkCodebooks(codebooks);
    return scope(() => {
      const books = Array.from({ length: codebooks }, (_, i) => this.quantizer.layers.at(i).embed.value);
      return functional.residualVectorQuantize(latent, books).codes;
    });
  }

  override dequantize(codes: tf.Tensor): tf.Tensor {
    this.checkCodes(codes);
    return this.quantizer.lookup(codes);
  }

  override encode(x: tf.Tensor, options: SoundStreamOptions = {}): EncodedSound {
    checkFiniteSound(x);
    const codes = scope(() => this.codesOf(this.encodeLatent(x, options.denoise), options.codebooks));
    return { codes, scales: null, length: x.shape[1]! };
  }

  override decode(encoded: EncodedSound | tf.Tensor, options: { readonly denoise?: Denoising } = {}): tf.Tensor {
    const { codes, length } = encodedOf(encoded);
    return scope(() => cutTo(this.decodeLatent(this.dequantize(codes), options.denoise), length));
  }

  override forward(x: tf.Tensor, options: SoundStreamOptions = {}): CodecOutput {
    const { codebooks, denoise } = options;
    return scope(() => {
      const { value, ...rest } = this.quantize(this.encodeLatent(x, denoise), codebooks);
      return { ...rest, audio: fitTo(this.decodeLatent(value, denoise), x.shape[1]!) };
    });
  }

  override streamingEncoder(options: SoundStreamOptions = {}): StreamingEncoder {
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    const { channels, hopLength } = this;
    return new StreamingEncoder({ layers: this.encoder.stream(), channels, hopLength }, (latent) =>
      this.codesOf(this.#conditioned('encoder', latent, options.denoise), codebooks),
    );
  }

  override streamingDecoder(options: { readonly denoise?: Denoising } = {}): StreamingDecoder {
    return new StreamingDecoder(this.decoder.stream(), (codes) =>
      this.#conditioned('decoder', this.dequantize(codes), options.denoise),
    );
  }

  #conditioned(place: 'encoder' | 'decoder', latent: tf.Tensor, denoise: Denoising = this.denoising): tf.Tensor {
    const { film } = this;
    if (film === null) {
      check(denoise === false, 'this SoundStream has no condition: make one with denoise encoder or decoder');
      return latent;
    }
    if (this.config.denoise !== place) return latent;
    return scope(() => {
      const on = denoise instanceof tf.Tensor ? tf.expandDims(denoise, -1) : tf.fill([1, 1, 1], denoise ? 1 : 0);
      return film.forward(latent, tf.concat([on, tf.sub(1, on)], -1));
    });
  }
}

export const soundStreamFamily = ownFamily<SoundStream, Partial<SoundStreamConfig>>(
  'soundstream',
  (config) => new SoundStream(config),
);
