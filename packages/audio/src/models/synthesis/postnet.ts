import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm1d, Conv1d, Dropout, init, Linear, Module, ModuleList, scope, type Generator } from '@hourglass/core';

export interface SpeechPostnetOptions {
  /** Width of the decoder's states. */
  readonly hidden: number;
  readonly mels: number;
  /** Frames that a state makes. Default 1. */
  readonly reduction?: number;
  readonly layers: number;
  readonly units: number;
  readonly kernelSize: number;
  readonly dropout: number;
  /** Say of each frame whether it is the last. Default false. */
  readonly stops?: boolean;
  readonly generator?: Generator | undefined;
}

class PostnetLayer extends Module {
  readonly conv: Conv1d;
  readonly batch_norm: BatchNorm1d;
  readonly dropout: Dropout;
  readonly #last: boolean;

  constructor(inputs: number, outputs: number, last: boolean, options: SpeechPostnetOptions) {
    super();
    const { kernelSize, dropout, generator } = options;
    const padding = Math.floor((kernelSize - 1) / 2);
    this.conv = new Conv1d(inputs, outputs, { kernelSize, padding, bias: false, generator });
    init.kaimingNormal(this.conv.weight, { generator });
    this.batch_norm = new BatchNorm1d(outputs);
    this.dropout = new Dropout(dropout, { generator });
    this.#last = last;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const y = this.batch_norm.forward(this.conv.forward(x));
    return this.dropout.forward(this.#last ? y : tf.tanh(y));
  }
}

export interface SpeechPostnetResult {
  /** float32 [N, frames, mels]: before and after the convolutions. */
  readonly before: tf.Tensor;
  readonly after: tf.Tensor;
  /** float32 [N, frames], before the sigmoid: whether a frame is the last; null without. */
  readonly stops: tf.Tensor | null;
}

/** States of a decoder to a spectrogram, which convolutions refine (Tacotron 2, Shen et al. 2018, arXiv:1712.05884), as transformers has it. */
export class SpeechDecoderPostnet extends Module {
  readonly feat_out: Linear;
  readonly prob_out: Linear | null;
  readonly layers: ModuleList<PostnetLayer>;
  readonly #mels: number;

  constructor(options: SpeechPostnetOptions) {
    super();
    const { hidden, mels, reduction = 1, layers, units, stops = false, generator } = options;
    this.feat_out = new Linear(hidden, mels * reduction, { generator });
    this.prob_out = stops ? new Linear(hidden, reduction, { generator }) : null;
    this.layers = new ModuleList(
      Array.from({ length: layers }, (_, i) => {
        const last = i === layers - 1;
        return new PostnetLayer(i === 0 ? mels : units, last ? mels : units, last, options);
      }),
    );
    this.#mels = mels;
  }

  /** The spectrogram before the convolutions. @param states [N, L, hidden] @returns [N, L * reduction, mels] */
  frames(states: tf.Tensor): tf.Tensor {
    return scope(() => tf.reshape(this.feat_out.forward(states), [states.shape[0]!, -1, this.#mels]));
  }

  /** Refines a spectrogram [N, frames, mels]. */
  refine(frames: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = frames;
      for (const layer of this.layers) y = layer.forward(y);
      return tf.add(frames, y);
    });
  }

  /** @param states [N, L, hidden] */
  forward(states: tf.Tensor): SpeechPostnetResult {
    return scope(() => {
      const before = this.frames(states);
      const stops = this.prob_out === null ? null : tf.reshape(this.prob_out.forward(states), [states.shape[0]!, -1]);
      return { before, after: this.refine(before), stops };
    });
  }
}
