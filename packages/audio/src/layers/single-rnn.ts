import * as tf from '@tensorflow/tfjs-core';
import {
  GRU,
  LSTM,
  Module,
  RNN,
  scope,
  UnsupportedError,
  type Generator,
  type RecurrentOptions,
} from '@hourglass/core';

const kinds = { RNN, LSTM, GRU } as const;

/** A recurrent layer of torch by its name, in any case: `RNN`, `LSTM`, `GRU`. */
export function recurrentByName(
  name: string,
  inputSize: number,
  hiddenSize: number,
  options: RecurrentOptions,
): RNN | LSTM | GRU {
  const kind = name.toUpperCase();
  if (!Object.hasOwn(kinds, kind))
    throw new UnsupportedError(`there is no recurrent layer '${name}'; there are ${Object.keys(kinds).join(', ')}`);
  return new kinds[kind as keyof typeof kinds](inputSize, hiddenSize, options);
}

export interface SingleRNNOptions {
  /** Default 1. */
  readonly numLayers?: number;
  /** Between layers. Default 0. */
  readonly dropout?: number;
  /** Default false. */
  readonly bidirectional?: boolean;
  readonly generator?: Generator | undefined;
}

/** What the networks of asteroid have in common that run a recurrent layer over a sequence. */
export interface SequenceRNN extends Module {
  readonly outputSize: number;
  /** x [N, steps, features] to [N, steps, outputSize]. */
  forward(x: tf.Tensor): tf.Tensor;
}

function recurrent(kind: string, inputSize: number, hiddenSize: number, options: SingleRNNOptions): RNN | LSTM | GRU {
  const { numLayers = 1, dropout = 0, bidirectional = false, generator } = options;
  return recurrentByName(kind, inputSize, hiddenSize, {
    numLayers,
    dropout,
    bidirectional,
    batchFirst: true,
    ...(generator === undefined ? {} : { generator }),
  });
}

/** One recurrent layer. */
export class SingleRNN extends Module implements SequenceRNN {
  readonly rnn: RNN | LSTM | GRU;

  constructor(kind: string, inputSize: number, hiddenSize: number, options: SingleRNNOptions = {}) {
    super();
    this.rnn = recurrent(kind, inputSize, hiddenSize, options);
  }

  get outputSize(): number {
    return this.rnn.hiddenSize * (this.rnn.bidirectional ? 2 : 1);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return outputOf(this.rnn, x);
  }
}

/** Two recurrent layers whose outputs are multiplied, with the input beside them (Nachmani et al. 2020, arXiv:2003.01531). */
export class MulCatRNN extends Module implements SequenceRNN {
  readonly rnn1: RNN | LSTM | GRU;
  readonly rnn2: RNN | LSTM | GRU;

  constructor(kind: string, inputSize: number, hiddenSize: number, options: SingleRNNOptions = {}) {
    super();
    this.rnn1 = recurrent(kind, inputSize, hiddenSize, options);
    this.rnn2 = recurrent(kind, inputSize, hiddenSize, options);
  }

  get outputSize(): number {
    const { hiddenSize, bidirectional, inputSize } = this.rnn1;
    return hiddenSize * (bidirectional ? 2 : 1) + inputSize;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.concat([tf.mul(outputOf(this.rnn1, x), outputOf(this.rnn2, x)), x], 2));
  }
}

/** The final states are not needed. */
function outputOf(rnn: RNN | LSTM | GRU, x: tf.Tensor): tf.Tensor {
  return scope(() => rnn.forward(x).output);
}
