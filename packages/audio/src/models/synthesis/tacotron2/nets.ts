import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  bernoulliTensor,
  Conv1d,
  defaultGenerator,
  Dropout,
  functional,
  init,
  Linear,
  LSTM,
  Module,
  ModuleList,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';
import type { Tacotron2Settings } from './config.js';

/** How a weight keeps variances through what comes behind it. */
export type Gain = Parameters<typeof init.gain>[0];

/** A linear map that begins as the reference's does. */
export function xavierLinear(
  inputs: number,
  outputs: number,
  bias: boolean,
  gain: Gain,
  generator?: Generator,
): Linear {
  const linear = new Linear(inputs, outputs, { bias, generator });
  init.xavierUniform(linear.weight, { gain: init.gain(gain), generator });
  return linear;
}

/** A convolution that keeps the length, normalised over the batch. */
function normedConvolution(
  inputs: number,
  outputs: number,
  kernelSize: number,
  gain: Gain,
  generator?: Generator,
): Sequential {
  const conv = new Conv1d(inputs, outputs, { kernelSize, padding: (kernelSize - 1) / 2, generator });
  init.xavierUniform(conv.weight, { gain: init.gain(gain), generator });
  return new Sequential(conv, new BatchNorm1d(outputs));
}

/** Embedded symbols to states: convolutions and an LSTM in both directions. */
export class Tacotron2Encoder extends Module {
  readonly convolutions: ModuleList<Sequential>;
  readonly lstm: LSTM;
  readonly dropout: Dropout;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { encoderEmbeddingDim: width, encoderNConvolution, encoderKernelSize } = settings;
    this.convolutions = new ModuleList(
      Array.from({ length: encoderNConvolution }, () =>
        normedConvolution(width, width, encoderKernelSize, 'relu', generator),
      ),
    );
    this.lstm = new LSTM(width, width / 2, { batchFirst: true, bidirectional: true, generator });
    this.dropout = new Dropout(0.5, { generator });
  }

  /** x float32 [N, L, width] to the same shape, 0 behind each length. */
  forward(x: tf.Tensor, lengths: readonly number[]): tf.Tensor {
    return scope(() => {
      let y = x;
      for (const convolution of this.convolutions) y = this.dropout.forward(functional.relu(convolution.forward(y)));
      return this.lstm.forward(y, { lengths }).output;
    });
  }
}

/** Refines a spectrogram by convolutions. */
export class Tacotron2Postnet extends Module {
  readonly convolutions: ModuleList<Sequential>;
  readonly dropout: Dropout;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { nMels, postnetEmbeddingDim: width, postnetKernelSize, postnetNConvolution: count } = settings;
    this.convolutions = new ModuleList(
      Array.from({ length: count }, (_, i) => {
        const last = i === count - 1;
        const inputs = i === 0 ? nMels : width;
        return normedConvolution(inputs, last ? nMels : width, postnetKernelSize, last ? 'linear' : 'tanh', generator);
      }),
    );
    this.dropout = new Dropout(0.5, { generator });
  }

  /** What is to be added to x float32 [N, frames, mels]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = x;
      for (const [i, convolution] of [...this.convolutions].entries()) {
        const convolved = convolution.forward(y);
        y = this.dropout.forward(i < this.convolutions.length - 1 ? tf.tanh(convolved) : convolved);
      }
      return y;
    });
  }
}

/** Frames to what the decoder is given, through dropout that is on in evaluation too: it keeps speech from getting stuck. */
export class Tacotron2Prenet extends Module {
  readonly layers: ModuleList<Linear>;
  /** Probability of dropping a unit, always. With 0 the same text is spoken the same way each time. */
  dropout = 0.5;
  readonly #generator: Generator | undefined;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { nMels, prenetDim } = settings;
    this.layers = new ModuleList(
      [nMels, prenetDim].map((inputs) => xavierLinear(inputs, prenetDim, false, 'linear', generator)),
    );
    this.#generator = generator;
  }

  /** [..., mels] to [..., prenetDim] */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = x;
      for (const layer of this.layers) {
        y = layer.forward(y, 'relu');
        if (this.dropout === 0) continue;
        const keep = 1 - this.dropout;
        y = tf.mul(y, tf.div(bernoulliTensor(y.shape, keep, this.#generator ?? defaultGenerator()), keep));
      }
      return y;
    });
  }
}
