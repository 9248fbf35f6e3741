import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { Module, type Parameter } from '../../module/index.js';
import { defaultGenerator, type Generator } from '../../random/index.js';
import { gateCount, run, type States, type Unit } from './apply.js';
import type { Nonlinearity } from './apply.js';
import { recurrentWeights } from './weights.js';

export interface RecurrentCellOptions {
  /** Default true. */
  readonly bias?: boolean;
  readonly generator?: Generator;
}

/** One step of a recurrence; torch's names and initialisation. */
abstract class RecurrentCell extends Module {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih?: Parameter;
  readonly bias_hh?: Parameter;
  readonly #unit: Unit;

  constructor(
    unit: Unit,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentCellOptions,
  ) {
    super();
    const { bias = true, generator = defaultGenerator() } = options;
    const weights = recurrentWeights(inputSize, hiddenSize, gateCount(unit), { bias, projection: 0, generator });
    this.#unit = unit;
    this.weight_ih = weights.weight_ih;
    this.weight_hh = weights.weight_hh;
    if (weights.bias_ih !== undefined) this.bias_ih = weights.bias_ih;
    if (weights.bias_hh !== undefined) this.bias_hh = weights.bias_hh;
  }

  /** x [B, in] or [in], states of the same rank or absent; the result has x's rank. */
  protected step(x: tf.Tensor, h?: tf.Tensor, c?: tf.Tensor): States {
    const name = this.constructor.name;
    check(
      (x.rank === 1 || x.rank === 2) && x.shape.at(-1) === this.inputSize,
      () => `${name}: the input needs shape [B, ${this.inputSize}] or [${this.inputSize}], got [${x.shape.join(', ')}]`,
    );
    const shape = [...x.shape.slice(0, -1), this.hiddenSize];
    const batch = x.rank === 2 ? x.shape[0]! : 1;
    const state = (label: string, value: tf.Tensor | undefined): tf.Tensor => {
      check(
        value === undefined || tf.util.arraysEqual(value.shape, shape),
        () => `${name}: state ${label} needs shape [${shape.join(', ')}], got [${value!.shape.join(', ')}]`,
      );
      return value === undefined ? tf.zeros([batch, this.hiddenSize]) : tf.reshape(value, [batch, this.hiddenSize]);
    };
    const states = run(this.#unit, tf.reshape(x, [1, batch, this.inputSize]), this, state('h', h), state('c', c));
    const h1 = tf.reshape(states.h, shape);
    return states.c === undefined ? { h: h1 } : { h: h1, c: tf.reshape(states.c, shape) };
  }
}

/** h = tanh(x W + b + h' R + b'), or relu; torch's `RNNCell`. */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: Nonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentCellOptions & { readonly nonlinearity?: Nonlinearity } = {},
  ) {
    const { nonlinearity = 'tanh' } = options;
    super({ rnn: nonlinearity }, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** x [B, in], h [B, hidden] (zeros by default) to the next h; both also without B. */
  forward(x: tf.Tensor, h?: tf.Tensor): tf.Tensor {
    return scope(() => this.step(x, h).h);
  }
}

/** Gated recurrent unit (Cho et al. 2014), torch's `GRUCell`. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** x [B, in], h [B, hidden] (zeros by default) to the next h; both also without B. */
  forward(x: tf.Tensor, h?: tf.Tensor): tf.Tensor {
    return scope(() => this.step(x, h).h);
  }
}

/** Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate), torch's `LSTMCell`. */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super('lstm', inputSize, hiddenSize, options);
  }

  /** x [B, in], h and c [B, hidden] (zeros by default) to the next h and c; all also without B. */
  forward(
    x: tf.Tensor,
    state: { readonly h?: tf.Tensor; readonly c?: tf.Tensor } = {},
  ): { h: tf.Tensor; c: tf.Tensor } {
    return scope(() => {
      const { h, c } = this.step(x, state.h, state.c);
      return { h, c: c! };
    });
  }
}
