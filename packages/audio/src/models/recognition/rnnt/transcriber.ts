import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, LayerNorm, Linear, Module, scope, type Generator, type losses } from '@hourglass/core';
import {
  Emformer,
  type EmformerConfig,
  type EmformerState,
  type EncodedFrames,
  type EncodedSegment,
} from '../emformer/index.js';
import { checkFeatures, lengthsOf } from '../lengths.js';

/** An encoder of a transducer that can work on a stream. */
export interface Transcriber<State = unknown> extends Module {
  /** Whole utterances, float32 [N, T, features]. */
  forward(x: tf.Tensor, lengths?: losses.Integers): EncodedFrames;
  /** The next part of a stream; the state stays the caller's. */
  infer(x: tf.Tensor, lengths?: losses.Integers, state?: State | null): EncodedSegment<State>;
}

export interface EmformerEncoderConfig {
  readonly inputDim: number;
  readonly outputDim: number;
  /** Frames put together into one. */
  readonly timeReductionStride: number;
  /** Features of a frame before that. */
  readonly timeReductionInputDim: number;
  /** Lengths in frames after that. */
  readonly transformer: Omit<EmformerConfig, 'inputDim'>;
}

/** Frames put together, an Emformer, and a linear map: torchaudio's transcriber. */
export class EmformerEncoder extends Module implements Transcriber<EmformerState> {
  readonly input_linear: Linear;
  readonly transformer: Emformer;
  readonly output_linear: Linear;
  readonly layer_norm: LayerNorm;
  readonly stride: number;

  constructor(
    { inputDim, outputDim, timeReductionInputDim, timeReductionStride, transformer }: EmformerEncoderConfig,
    generator?: Generator,
  ) {
    super();
    checkCount('timeReductionStride', timeReductionStride);
    this.stride = timeReductionStride;
    const width = timeReductionInputDim * timeReductionStride;
    this.input_linear = new Linear(inputDim, timeReductionInputDim, { bias: false, generator });
    this.transformer = new Emformer({ ...transformer, inputDim: width }, generator);
    this.output_linear = new Linear(width, outputDim, { generator });
    this.layer_norm = new LayerNorm(outputDim);
  }

  /** x float32 [N, T + right context, inputDim] to [N, ⌊T / stride⌋, outputDim]; see {@link Emformer.forward}. */
  forward(x: tf.Tensor, lengths?: losses.Integers): EncodedFrames {
    return scope(() => {
      const { frames, lengths: reduced } = this.#reduced(x, lengths);
      const { output, lengths: valid } = this.transformer.forward(frames, reduced);
      return { output: this.#projected(output), lengths: valid };
    });
  }

  /** The next segment of a stream, with its right context; see {@link Emformer.infer}. */
  infer(x: tf.Tensor, lengths?: losses.Integers, state: EmformerState | null = null): EncodedSegment<EmformerState> {
    return scope(() => {
      const { frames, lengths: reduced } = this.#reduced(x, lengths);
      const next = this.transformer.infer(frames, reduced, state);
      return { ...next, output: this.#projected(next.output) };
    });
  }

  #projected(x: tf.Tensor): tf.Tensor {
    return this.layer_norm.forward(this.output_linear.forward(x));
  }

  #reduced(x: tf.Tensor, lengths?: losses.Integers): { frames: tf.Tensor; lengths: number[] | undefined } {
    const { inFeatures, outFeatures } = this.input_linear;
    checkFeatures('a transcriber', x, inFeatures);
    const [n, total] = x.shape;
    const count = Math.floor(total / this.stride);
    check(count > 0, `a transcriber puts ${this.stride} frames together, got ${total}: shape [${x.shape.join(', ')}]`);
    const whole = tf.slice(this.input_linear.forward(x), [0, 0, 0], [n, count * this.stride, outFeatures]);
    return {
      frames: tf.reshape(whole, [n, count, outFeatures * this.stride]),
      // without lengths the transformer takes all of its frames
      lengths:
        lengths === undefined
          ? undefined
          : lengthsOf('a transcriber', lengths, n, total).map((length) => Math.floor(length / this.stride)),
    };
  }
}
