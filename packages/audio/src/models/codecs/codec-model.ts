import {
  check,
  ConfiguredModel,
  functional,
  scope,
  UnsupportedError,
  type Bottlenecked,
  type Config,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { padEnds } from '../../layers/index.js';
import type { ChunkSizes } from './chunks.js';
import type { StreamingDecoder, StreamingEncoder } from './streams.js';

/** Sound to latent frames and back. Sound is float32 [N, time, channels], frames are float32 [N, frames, latentChannels]. */
export abstract class AudioAutoencoder<C extends object = Config> extends ConfiguredModel<C> {
  /** Samples a second. */
  abstract readonly sampleRate: number;
  /** Of the sound. */
  abstract readonly channels: number;
  /** Samples a frame. */
  abstract readonly hopLength: number;
  /** Width of a frame. */
  abstract readonly latentChannels: number;

  /** Frames a second. */
  get frameRate(): number {
    return this.sampleRate / this.hopLength;
  }

  /** @param x float32 [N, time, channels] */
  abstract encodeLatent(x: tf.Tensor): tf.Tensor;

  /** @param latent float32 [N, frames, latentChannels] */
  abstract decodeLatent(latent: tf.Tensor): tf.Tensor;

  protected checkSound(x: tf.Tensor): void {
    const { channels } = this;
    check(
      x.rank === 3 && x.shape[1]! > 0 && x.shape[2] === channels,
      () => `${this.constructor.name} takes sound [N, time, ${channels}], got [${x.shape.join(', ')}]`,
    );
  }

  protected checkLatent(latent: tf.Tensor): void {
    const width = this.latentChannels;
    check(
      latent.rank === 3 && latent.shape[1]! > 0 && latent.shape[2] === width,
      () => `${this.constructor.name} takes latent frames [N, frames, ${width}], got [${latent.shape.join(', ')}]`,
    );
  }
}

/** Sound as codes. */
export interface EncodedSound {
  /** int32 [N, frames, codebooks]; of a model that cuts sound into chunks, the chunks' frames one after another. */
  readonly codes: tf.Tensor;
  /** float32 [N, chunks]: what each chunk was divided by; null where the model leaves the loudness alone. */
  readonly scales: tf.Tensor | null;
  /** Samples of the sound. */
  readonly length: number;
}

export interface EncodeOptions {
  /** How many codebooks are used; default all. */
  readonly codebooks?: number | undefined;
}

/** What a codec makes of sound while it learns. */
export interface CodecOutput {
  /** float32 [N, time, channels] */
  readonly audio: tf.Tensor;
  /** int32 [N, frames, codebooks] */
  readonly codes: tf.Tensor;
  /** Scalar that joins the loss: commitment, and the codebooks' loss where they learn by gradients. */
  readonly penalty: tf.Tensor;
  /** Scalars worth watching. */
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
}

/** What a quantiser makes of latent frames: {@link Bottlenecked} with codes [N, frames, codebooks]. */
export type QuantizedFrames = Bottlenecked & { readonly codes: tf.Tensor };

/**
 * Base of neural codecs: an autoencoder whose frames are residual vector quantised, so that the number of codebooks sets the bit rate.
 * Those that {@link canStream} work on sound that comes in pieces, see {@link streamingEncoder}.
 */
export abstract class CodecModel<C extends object = Config> extends AudioAutoencoder<C> {
  /** Codes a codebook has. */
  abstract readonly codebookSize: number;
  /** Codebooks there are. */
  abstract readonly numCodebooks: number;

  /** How the model cuts long sound into pieces that it codes each for itself; null where it takes all at once. */
  get chunks(): ChunkSizes | null {
    return null;
  }

  /** Whether pieces are divided by their loudness, so that what is coded has scales. */
  get isScaled(): boolean {
    return false;
  }

  /** Whether the model can work on sound that comes in pieces. */
  get canStream(): boolean {
    return false;
  }

  /** Bits a second of so many codebooks. */
  bandwidthOf(codebooks: number = this.numCodebooks): number {
    return this.checkCodebooks(codebooks) * Math.log2(this.codebookSize) * this.frameRate;
  }

  /**
   * Latent frames as codes: value (of which the gradient goes to the frames unchanged), codes, penalty and metrics. In training the
   * codebooks may learn.
   *
   * @param latent float32 [N, frames, latentChannels]
   * @param codebooks default all, or in training as many as the model's quantiser dropout leaves
   */
  abstract quantize(latent: tf.Tensor, codebooks?: number): QuantizedFrames;

  /**
   * The latent frames that codes stand for.
   *
   * @param codes int32 [N, frames, codebooks], of the first codebooks or of all
   */
  abstract dequantize(codes: tf.Tensor): tf.Tensor;

  /** The nearest codes of latent frames, and nothing else: int32 [N, frames, codebooks]. */
  abstract codesOf(latent: tf.Tensor, codebooks?: number): tf.Tensor;

  /**
   * @param x float32 [N, time, channels]
   * @throws InvalidArgumentError for another shape, more codebooks than there are, or (not on GPU backends) NaN or infinite samples
   */
  encode(x: tf.Tensor, options: EncodeOptions = {}): EncodedSound {
    checkFiniteSound(x);
    const codebooks = this.checkCodebooks(options.codebooks ?? this.numCodebooks);
    const codes = scope(() => this.codesOf(this.encodeLatent(x), codebooks));
    return { codes, scales: null, length: x.shape[1]! };
  }

  /**
   * One chunk of a model that has {@link chunks}.
   *
   * @param x float32 [N, time, channels], at most a chunk long
   * @returns codes int32 [N, frames, codebooks], and what the chunk was divided by, float32 [N, 1], where the model {@link isScaled}
   */
  encodeChunk(x: tf.Tensor, codebooks: number): { readonly codes: tf.Tensor; readonly scale: tf.Tensor | null } {
    return { codes: scope(() => this.codesOf(this.encodeLatent(x), codebooks)), scale: null };
  }

  /** The sound of one chunk, float32 [N, frames · hopLength, channels]; see {@link encodeChunk}. */
  decodeChunk(codes: tf.Tensor, _scale: tf.Tensor | null): tf.Tensor {
    return scope(() => this.decodeLatent(this.dequantize(codes)));
  }

  /**
   * @param encoded what {@link encode} gave, or codes int32 [N, frames, codebooks] alone, of the first codebooks or of all
   * @returns float32 [N, time, channels]: as long as what was encoded; all of it, which can be longer, for codes alone
   * @throws InvalidArgumentError for another shape, more codebooks than there are, or (not on GPU backends) codes outside them
   */
  decode(encoded: EncodedSound | tf.Tensor): tf.Tensor {
    const { codes, length } = encodedOf(encoded);
    return scope(() => cutTo(this.decodeLatent(this.dequantize(codes)), length));
  }

  /** Sound through the codes and back, of the same length. */
  reconstruct(x: tf.Tensor, options: EncodeOptions = {}): tf.Tensor {
    return scope(() => fitTo(this.decode(this.encode(x, options)), x.shape[1]!));
  }

  /** Sound through the model and back, of the same length, with what training needs. In training the codebooks may learn. */
  forward(x: tf.Tensor, options: EncodeOptions = {}): CodecOutput {
    return scope(() => {
      const { value, codes, penalty, metrics } = this.quantize(this.encodeLatent(x), options.codebooks);
      return { audio: fitTo(this.decodeLatent(value), x.shape[1]!), codes, penalty, metrics };
    });
  }

  /**
   * Sound to codes for pieces of any length, which are gathered to whole frames.
   *
   * @throws UnsupportedError for a model that needs the whole sound at once
   */
  streamingEncoder(_options: EncodeOptions = {}): StreamingEncoder {
    throw new UnsupportedError(`${this.constructor.name} needs the whole sound at once, and cannot encode a stream`);
  }

  /** Codes to sound for any number of frames at a time. @throws UnsupportedError for a model that needs the whole sound at once */
  streamingDecoder(): StreamingDecoder {
    throw new UnsupportedError(`${this.constructor.name} needs the whole sound at once, and cannot decode a stream`);
  }

  protected checkCodebooks(codebooks: number): number {
    check(
      Number.isInteger(codebooks) && codebooks > 0 && codebooks <= this.numCodebooks,
      () => `${this.constructor.name} has ${this.numCodebooks} codebooks, cannot use ${codebooks}`,
    );
    return codebooks;
  }

  /** Values are looked at where that does not stall a device; some backends would read beside the codebook. */
  protected checkCodes(codes: tf.Tensor): void {
    check(
      codes.rank === 3 && codes.dtype === 'int32' && codes.shape[1]! > 0,
      () =>
        `${this.constructor.name} takes codes int32 [N, frames, codebooks], got ${codes.dtype} [${codes.shape.join(', ')}]`,
    );
    this.checkCodebooks(codes.shape[2]!);
    if (!functional.canRead()) return;
    const { codebookSize } = this;
    for (const code of codes.dataSync<'int32'>()) {
      if (code >= 0 && code < codebookSize) continue;
      check(false, `${this.constructor.name} has codes from 0 to ${codebookSize - 1}, got ${code}`);
    }
  }
}

/**
 * Values are looked at where that does not stall a device.
 *
 * @param x float32 [N, time, channels]
 * @throws InvalidArgumentError for NaN or infinite samples, of which all codes would be nonsense
 */
export function checkFiniteSound(x: tf.Tensor): void {
  if (x.rank !== 3 || !functional.canRead()) return;
  const values = x.dataSync<'float32'>();
  const [, time, channels] = x.shape as [number, number, number];
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const place = `sample ${Math.floor(i / channels) % time} of channel ${i % channels}`;
    const example = x.shape[0] === 1 ? '' : ` of example ${Math.floor(i / channels / time)}`;
    check(
      false,
      `the sound has the value ${values[i]} at ${place}${example}, and codes of it mean nothing; put 0 there`,
    );
  }
}

export function encodedOf(encoded: EncodedSound | tf.Tensor): {
  readonly codes: tf.Tensor;
  readonly scales: tf.Tensor | null;
  readonly length: number | null;
} {
  return encoded instanceof tf.Tensor ? { codes: encoded, scales: null, length: null } : encoded;
}

/** At most so many steps of x [N, time, channels]; null for all. */
export function cutTo(x: tf.Tensor, length: number | null): tf.Tensor {
  const [n, time, channels] = x.shape as [number, number, number];
  return length === null || time <= length ? tf.clone(x) : tf.slice(x, [0, 0, 0], [n, length, channels]);
}

/** So many steps of x [N, time, channels], with zeros behind it where it is shorter. */
export function fitTo(x: tf.Tensor, length: number): tf.Tensor {
  return x.shape[1]! < length ? padEnds(x, 0, length - x.shape[1]!, 'constant') : cutTo(x, length);
}
