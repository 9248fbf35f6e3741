import { check, scope } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { checkFiniteSound } from './codec-model.js';
import { Held, joined, steps, type LayerStream } from '../../layers/streaming.js';

/** Says once how many signals a stream has, and when it is over. */
class Course {
  #over = false;
  #batch: number | null = null;

  /** @throws InvalidArgumentError for a piece of another number of signals, or after the end */
  take(piece: tf.Tensor): void {
    check(!this.#over, 'the stream has ended; begin another one');
    this.#batch ??= piece.shape[0]!;
    check(
      piece.shape[0] === this.#batch,
      () => `the stream began with ${this.#batch} signals at once, got [${piece.shape.join(', ')}]`,
    );
  }

  end(): void {
    check(!this.#over, 'the stream has ended already');
    this.#over = true;
  }

  stop(): void {
    this.#over = true;
  }
}

/** What a model's stream is made of. */
export interface CodecStreamParts {
  /** Made for this stream, which disposes it. */
  readonly layers: LayerStream;
  /** Width of what comes in: channels of the sound. */
  readonly channels: number;
  /** What comes in is handed on in whole multiples of this. */
  readonly hopLength: number;
}

/**
 * Sound to codes, piece by piece: the codes joined are those of the sound joined, up to ties of codes. A model whose padding is `reflect`
 * gives its first frames late, when it has heard what it mirrors; from there on each frame comes with its last sample, or as much later as the
 * model looks ahead.
 */
export class StreamingEncoder {
  readonly #parts: CodecStreamParts;
  readonly #codesOf: (latent: tf.Tensor) => tf.Tensor;
  readonly #rest = new Held();
  readonly #course = new Course();

  /** @param codesOf latent frames [N, frames, width] to codes int32 [N, frames, codebooks] */
  constructor(parts: CodecStreamParts, codesOf: (latent: tf.Tensor) => tf.Tensor) {
    this.#parts = parts;
    this.#codesOf = codesOf;
  }

  /**
   * @param x float32 [N, time, channels], the next piece, which stays the caller's
   * @returns int32 [N, frames, codebooks] of the frames that are complete, or null when none is
   * @throws InvalidArgumentError for another shape, (not on GPU backends) NaN or infinite samples, or after the end
   */
  push(x: tf.Tensor): tf.Tensor | null {
    const { channels } = this.#parts;
    check(
      x.rank === 3 && x.shape[2] === channels,
      () => `the stream takes sound [N, time, ${channels}], got [${x.shape.join(', ')}]`,
    );
    checkFiniteSound(x);
    this.#course.take(x);
    return this.#advance(x.shape[1] === 0 ? null : x, false);
  }

  /** The codes of what is left, the last frame being filled up as {@link CodecModel.encode} does; null when nothing is. */
  end(): tf.Tensor | null {
    this.#course.end();
    return this.#advance(null, true);
  }

  #advance(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    const { layers, hopLength } = this.#parts;
    return scope(() => {
      const all = joined(this.#rest.value, x);
      const length = all?.shape[1] ?? 0;
      const whole = last ? length : Math.floor(length / hopLength) * hopLength;
      this.#rest.set(all === null ? null : steps(all, whole, length));
      if (whole === 0 && !last) return null;
      const latent = layers.push(all === null ? null : steps(all, 0, whole), last);
      return latent === null ? null : this.#codesOf(latent);
    });
  }

  /** Frees what it holds, ended or not; harmless when repeated. */
  dispose(): void {
    this.#course.stop();
    this.#parts.layers.dispose();
    this.#rest.dispose();
  }
}

/** Codes to sound, some frames at a time: the sound joined is that of the codes joined. */
export class StreamingDecoder {
  readonly #layers: LayerStream;
  readonly #latentOf: (codes: tf.Tensor) => tf.Tensor;
  readonly #course = new Course();

  /** @param latentOf codes int32 [N, frames, codebooks] to latent frames [N, frames, width] */
  constructor(layers: LayerStream, latentOf: (codes: tf.Tensor) => tf.Tensor) {
    this.#layers = layers;
    this.#latentOf = latentOf;
  }

  /**
   * @param codes int32 [N, frames, codebooks]
   * @returns float32 [N, time, channels], the sound that is certain by now, or null when none is
   * @throws InvalidArgumentError for codes that do not fit, or after the end
   */
  push(codes: tf.Tensor): tf.Tensor | null {
    this.#course.take(codes);
    if (codes.shape[1] === 0) return null;
    return scope(() => this.#layers.push(this.#latentOf(codes), false));
  }

  /** The sound that is left, or null. */
  end(): tf.Tensor | null {
    this.#course.end();
    return this.#layers.push(null, true);
  }

  /** Frees what it holds, ended or not; harmless when repeated. */
  dispose(): void {
    this.#course.stop();
    this.#layers.dispose();
  }
}
