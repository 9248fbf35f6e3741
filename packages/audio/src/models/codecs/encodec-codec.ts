import { check, scope, UnsupportedError, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { SEANetDecoder, SEANetEncoder, type SEANetOptions } from '../../layers/index.js';
import { canStream } from '../../layers/streamable-conv.js';
import { steps } from '../../layers/streaming.js';
import { chunkRanges, linearOverlapAdd, type ChunkSizes } from './chunks.js';
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
import { EncodecResidualVectorQuantizer, type EncodecQuantizerOptions } from './encodec-quantizer.js';
import { product } from './settings.js';
import { StreamingDecoder, StreamingEncoder } from './streams.js';

/** What an EnCodec is made of. */
export interface EncodecParts {
  readonly seanet: SEANetOptions;
  readonly sampleRate: number;
  readonly codebookSize: number;
  readonly numCodebooks: number;
  /** Each chunk is divided by its loudness before, and multiplied behind. */
  readonly normalize: boolean;
  /** Null: the whole signal at once. */
  readonly chunks: ChunkSizes | null;
}

export interface EncodecOptions {
  readonly generator?: Generator | undefined;
  /** How the codebooks learn. */
  readonly quantizer?: EncodecQuantizerOptions;
}

export interface EncodecEncodeOptions extends EncodeOptions {
  /** float32 or bool [N, time]: 0 for what is only padding. */
  readonly mask?: tf.Tensor | undefined;
}

/** SEANet, residual vector quantiser, SEANet: what all layouts of EnCodec's checkpoints share. */
export abstract class EncodecCodec<C extends object> extends CodecModel<C> {
  readonly encoder: SEANetEncoder;
  readonly decoder: SEANetDecoder;
  readonly quantizer: EncodecResidualVectorQuantizer;
  readonly sampleRate: number;
  readonly channels: number;
  readonly hopLength: number;
  readonly latentChannels: number;
  readonly codebookSize: number;
  readonly numCodebooks: number;
  /** Whether chunks are divided by their loudness. */
  readonly normalize: boolean;
  readonly #chunks: ChunkSizes | null;

  constructor(parts: EncodecParts, options: EncodecOptions = {}) {
    super();
    const { generator } = options;
    const seanet = { ...parts.seanet, generator };
    const { channels = 1, dimension = 128, ratios = [8, 5, 4, 2] } = seanet;
    this.encoder = new SEANetEncoder(seanet);
    this.decoder = new SEANetDecoder(seanet);
    this.sampleRate = parts.sampleRate;
    this.channels = channels;
    this.hopLength = product(ratios);
    this.latentChannels = dimension;
    this.codebookSize = parts.codebookSize;
    this.numCodebooks = parts.numCodebooks;
    this.normalize = parts.normalize;
    this.#chunks = parts.chunks;
    this.quantizer = new EncodecResidualVectorQuantizer(parts.numCodebooks, parts.codebookSize, dimension, {
      generator,
      ...options.quantizer,
    });
  }

  override get chunks(): ChunkSizes | null {
    return this.#chunks;
  }

  override get isScaled(): boolean {
    return this.normalize;
  }

  override encodeLatent(x: tf.Tensor): tf.Tensor {
    this.checkSound(x);
    return this.encoder.forward(x);
  }

  override decodeLatent(latent: tf.Tensor): tf.Tensor {
    this.checkLatent(latent);
    return this.decoder.forward(latent);
  }

  override quantize(latent: tf.Tensor, codebooks?: number): QuantizedFrames {
    this.checkLatent(latent);
    const { codes, ...rest } = this.quantizer.forward(latent, codebooks);
    return { ...rest, codes: codes! };
  }

  override codesOf(latent: tf.Tensor, codebooks: number = this.numCodebooks): tf.Tensor {
    this.checkLatent(latent);
    return this.quantizer.nearest(latent, this.checkCodebooks(codebooks));
  }

  override dequantize(codes: tf.Tensor): tf.Tensor {
    this.checkCodes(codes);
    return this.quantizer.lookup(codes);
  }

  override encode(x: tf.Tensor, options: EncodecEncodeOptions = {}): EncodedSound {
    this.checkSound(x);
    checkFiniteSound(x);
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    const length = x.shape[1]!;
    const made = scope(() => {
      const sound = this.#masked(x, options.mask);
      const chunks = chunkRanges(length, this.#chunks).map(([from, to]) =>
        this.encodeChunk(steps(sound, from, to)!, codebooks),
      );
      return {
        codes: tf.concat(
          chunks.map(({ codes }) => codes),
          1,
        ),
        scales: this.normalize
          ? tf.concat(
              chunks.map(({ scale }) => scale!),
              1,
            )
          : null,
      };
    });
    return { ...made, length };
  }

  override encodeChunk(x: tf.Tensor, codebooks: number): { codes: tf.Tensor; scale: tf.Tensor | null } {
    this.checkSound(x);
    return scope(() => {
      const { sound, scale } = this.#levelled(x);
      return { codes: this.codesOf(this.encodeLatent(sound), codebooks), scale };
    });
  }

  override decodeChunk(codes: tf.Tensor, scale: tf.Tensor | null): tf.Tensor {
    return scope(() => {
      const sound = this.decodeLatent(this.dequantize(codes));
      return scale === null ? sound : tf.mul(sound, tf.expandDims(scale, 2));
    });
  }

  override decode(encoded: EncodedSound | tf.Tensor): tf.Tensor {
    const { codes, scales, length } = encodedOf(encoded);
    this.checkCodes(codes);
    return scope(() => {
      const frames = this.#framesOfChunks(codes.shape[1]!, length);
      check(
        scales === null || (scales.rank === 2 && scales.shape[1] === frames.length),
        () => `${frames.length} chunks need scales [N, ${frames.length}], got [${scales!.shape.join(', ')}]`,
      );
      let at = 0;
      const chunks = frames.map((count, i) => {
        const of = tf.slice(codes, [0, at, 0], [codes.shape[0]!, count, codes.shape[2]!]);
        at += count;
        return this.decodeChunk(of, scales === null ? null : tf.slice(scales, [0, i], [-1, 1]));
      });
      return cutTo(linearOverlapAdd(chunks, this.#chunks?.stride ?? 1), length);
    });
  }

  /** Frames of each chunk of so many samples; all of them in one where the model takes the whole signal at once. */
  chunkFrames(length: number): number[] {
    return chunkRanges(length, this.#chunks).map(([from, to]) => Math.ceil((to - from) / this.hopLength));
  }

  /** Frames of each chunk, all chunks but the last being whole where the length is not known. */
  #framesOfChunks(frames: number, length: number | null): number[] {
    if (this.#chunks === null) return [frames];
    if (length !== null) {
      const counts = this.chunkFrames(length);
      const all = counts.reduce((sum, count) => sum + count, 0);
      check(all === frames, () => `${length} samples are ${all} frames in ${counts.length} chunks, got ${frames}`);
      return counts;
    }
    const whole = Math.ceil(this.#chunks.length / this.hopLength);
    const counts = Array.from({ length: Math.floor(frames / whole) }, () => whole);
    return frames % whole === 0 ? counts : [...counts, frames % whole];
  }

  /** A chunk divided by its loudness where the model does that. */
  #levelled(sound: tf.Tensor): { readonly sound: tf.Tensor; readonly scale: tf.Tensor | null } {
    if (!this.normalize) return { sound, scale: null };
    const scale = tf.add(tf.sqrt(tf.mean(tf.square(tf.mean(sound, 2)), 1, true)), 1e-8);
    return { sound: tf.div(sound, tf.expandDims(scale, 2)), scale };
  }

  #masked(x: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor {
    if (mask === undefined) return x;
    check(
      mask.rank === 2 && mask.shape[0] === x.shape[0] && mask.shape[1] === x.shape[1],
      () => `the mask must be [N, time] of [${x.shape.join(', ')}], got [${mask.shape.join(', ')}]`,
    );
    return tf.mul(x, tf.expandDims(tf.cast(mask, 'float32'), 2));
  }

  override forward(x: tf.Tensor, options: EncodeOptions = {}): CodecOutput {
    this.checkSound(x);
    return scope(() => {
      const chunks = chunkRanges(x.shape[1]!, this.#chunks).map(([from, to]) => {
        const { sound, scale } = this.#levelled(steps(x, from, to)!);
        const { value, ...rest } = this.quantize(this.encodeLatent(sound), options.codebooks);
        const audio = this.decodeLatent(value);
        return { ...rest, audio: scale === null ? audio : tf.mul(audio, tf.expandDims(scale, 2)) };
      });
      const mean = (values: readonly tf.Tensor[]): tf.Tensor => tf.div(tf.addN([...values]), values.length);
      const names = Object.keys(chunks[0]!.metrics);
      return {
        audio: fitTo(
          linearOverlapAdd(
            chunks.map(({ audio }) => audio),
            this.#chunks?.stride ?? 1,
          ),
          x.shape[1]!,
        ),
        codes: tf.concat(
          chunks.map(({ codes }) => codes),
          1,
        ),
        penalty: mean(chunks.map(({ penalty }) => penalty)),
        metrics: Object.fromEntries(names.map((name) => [name, mean(chunks.map(({ metrics }) => metrics[name]!))])),
      };
    });
  }

  override get canStream(): boolean {
    return !this.normalize && this.#chunks === null && canStream(this.encoder);
  }

  override streamingEncoder(options: EncodeOptions = {}): StreamingEncoder {
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    this.#checkStreams();
    const { channels, hopLength } = this;
    const layers = this.encoder.stream();
    return new StreamingEncoder({ layers, channels, hopLength }, (latent) => this.codesOf(latent, codebooks));
  }

  override streamingDecoder(): StreamingDecoder {
    this.#checkStreams();
    return new StreamingDecoder(this.decoder.stream(), (codes) => this.dequantize(codes));
  }

  #checkStreams(): void {
    if (this.canStream) return;
    throw new UnsupportedError(
      'an EnCodec with group norm over time, or one that divides sound by its loudness, needs it as a whole or in its own chunks, ' +
        'and cannot work on a stream; one at 24 kHz can',
    );
  }
}
