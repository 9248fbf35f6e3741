import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { scope } from '../../memory.js';
import { Module, type Parameter } from '../../module/index.js';
import { defaultGenerator, type Generator } from '../../random/index.js';
import { Dropout } from '../basic/dropout.js';
import { gateCount, run, type Unit } from './apply.js';
import { Packing } from './packing.js';
import type { Nonlinearity } from './apply.js';
import { recurrentWeights, type RecurrentWeights } from './weights.js';

export interface RecurrentOptions {
  /** Layers, each fed with the outputs of the one below. Default 1. */
  readonly numLayers?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** x is [B, T, in] instead of torch's default [T, B, in]. Default false. */
  readonly batchFirst?: boolean;
  /** Probability of dropping an output between layers while training. Default 0. */
  readonly dropout?: number;
  /** A second run from the end, its outputs behind the first one's. Default false. */
  readonly bidirectional?: boolean;
  readonly generator?: Generator;
}

export interface RecurrentState {
  /** [layers · directions, B, hidden (or projection)], layer by layer, forward before backward. */
  readonly h?: tf.Tensor;
  /** LSTM: [layers · directions, B, hidden]. */
  readonly c?: tf.Tensor;
  /** Lengths of the sequences, for a batch of different ones: int32 [B] or B numbers. Default: all steps. */
  readonly lengths?: tf.Tensor | ArrayLike<number>;
}

export interface RecurrentResult {
  /** The last layer's outputs: x's shape with directions · hidden (or projection) last; 0 after a sequence's end. */
  readonly output: tf.Tensor;
  /** Final states, laid out as the initial ones. */
  readonly h: tf.Tensor;
}

/** Layers, directions, states and lengths around a unit; torch's names and initialisation (`weight_ih_l0`, `bias_hh_l1_reverse`, …). */
abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly projSize: number;
  /** Applied between layers. */
  readonly dropout: Dropout;
  readonly #unit: Unit;
  /** By layer, then direction. */
  readonly #weights: RecurrentWeights[][] = [];

  constructor(
    unit: Unit,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions & { readonly projSize?: number },
  ) {
    super();
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      projSize = 0,
    } = options;
    for (const [name, value] of Object.entries({ inputSize, hiddenSize, numLayers })) checkCount(name, value);
    check(projSize >= 0 && projSize < hiddenSize, `projSize must be below hiddenSize ${hiddenSize}, got ${projSize}`);
    this.#unit = unit;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.bidirectional = bidirectional;
    this.projSize = projSize;
    this.dropout = new Dropout(dropout, options.generator === undefined ? {} : { generator: options.generator });
    const generator = options.generator ?? defaultGenerator();
    const suffixes = bidirectional ? ['', '_reverse'] : [''];
    const outputSize = suffixes.length * (projSize || hiddenSize);
    for (let layer = 0; layer < numLayers; layer++) {
      this.#weights.push(
        suffixes.map((suffix) => {
          const input = layer === 0 ? inputSize : outputSize;
          const weights = recurrentWeights(input, hiddenSize, gateCount(unit), {
            bias,
            projection: projSize,
            generator,
          });
          const fields = this as unknown as Record<string, Parameter>;
          for (const [name, parameter] of Object.entries(weights)) fields[`${name}_l${layer}${suffix}`] = parameter;
          return weights;
        }),
      );
    }
  }

  protected scan(x: tf.Tensor, state: RecurrentState): RecurrentResult & { readonly c?: tf.Tensor } {
    const name = this.constructor.name;
    check(
      (x.rank === 2 || x.rank === 3) && x.shape.at(-1) === this.inputSize,
      () =>
        `${name}: the input needs shape [time, batch, ${this.inputSize}] (or without batch), got [${x.shape.join(', ')}]`,
    );
    const single = x.rank === 2;
    const swap = this.batchFirst && !single;
    const timeMajor = single ? tf.expandDims(x, 1) : swap ? tf.transpose(x, [1, 0, 2]) : x;
    const [length, batch] = timeMajor.shape as [number, number, number];
    check(length > 0, `${name}: the sequence has no steps`);
    const packing = state.lengths === undefined ? null : new Packing(state.lengths, length, batch);
    const h0 = this.#initial('h', state.h, batch, this.projSize || this.hiddenSize, single);
    const c0 = this.#unit === 'lstm' ? this.#initial('c', state.c, batch, this.hiddenSize, single) : null;

    let sequence = timeMajor;
    const finals: { h: tf.Tensor[]; c: tf.Tensor[] } = { h: [], c: [] };
    this.#weights.forEach((directions, layer) => {
      const input = layer === 0 ? sequence : this.dropout.forward(sequence);
      const outputs = directions.map((weights, direction) => {
        const backwards = direction === 1;
        const turn = (values: tf.Tensor): tf.Tensor =>
          !backwards ? values : packing === null ? tf.reverse(values, 0) : packing.reverse(values);
        const row = layer * directions.length + direction;
        const states = run(this.#unit, turn(input), weights, h0[row]!, c0?.[row]);
        finals.h.push(last(states.h, packing));
        if (states.c !== undefined) finals.c.push(last(states.c, packing));
        return turn(states.h);
      });
      sequence = outputs.length === 1 ? outputs[0]! : tf.concat(outputs, -1);
    });
    const masked = packing === null ? sequence : packing.mask(sequence);
    const output = single ? tf.squeeze(masked, [1]) : swap ? tf.transpose(masked, [1, 0, 2]) : tf.clone(masked);
    const stack = (states: tf.Tensor[]): tf.Tensor => (single ? tf.concat(states, 0) : tf.stack(states));
    return finals.c.length === 0 ? { output, h: stack(finals.h) } : { output, h: stack(finals.h), c: stack(finals.c) };
  }

  /** One [B, size] tensor for each layer and direction. */
  #initial(label: string, value: tf.Tensor | undefined, batch: number, size: number, single: boolean): tf.Tensor[] {
    const rows = this.numLayers * (this.bidirectional ? 2 : 1);
    if (value === undefined) return Array.from({ length: rows }, () => tf.zeros([batch, size]));
    const shape = single ? [rows, size] : [rows, batch, size];
    check(
      tf.util.arraysEqual(value.shape, shape),
      () =>
        `${this.constructor.name}: state ${label} needs shape [${shape.join(', ')}], got [${value.shape.join(', ')}]`,
    );
    return tf.unstack(tf.reshape(value, [rows, batch, size]));
  }
}

function last(states: tf.Tensor, packing: Packing | null): tf.Tensor {
  if (packing !== null) return packing.last(states);
  const [length, batch, size] = states.shape as [number, number, number];
  return tf.reshape(tf.slice(states, [length - 1, 0, 0], [1, batch, size]), [batch, size]);
}

/** Elman network with tanh or relu, torch's `RNN`. */
export class RNN extends Recurrent {
  readonly nonlinearity: Nonlinearity;

  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { readonly nonlinearity?: Nonlinearity } = {},
  ) {
    const { nonlinearity = 'tanh' } = options;
    check(['tanh', 'relu'].includes(nonlinearity), `nonlinearity must be tanh or relu, got '${nonlinearity}'`);
    super({ rnn: nonlinearity }, inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /** x [T, B, in] ([B, T, in] with `batchFirst`, [T, in] for one sequence). */
  forward(x: tf.Tensor, state: Omit<RecurrentState, 'c'> = {}): RecurrentResult {
    return scope(() => this.scan(x, state));
  }
}

/** Gated recurrent units (Cho et al. 2014), torch's `GRU`. */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** x [T, B, in] ([B, T, in] with `batchFirst`, [T, in] for one sequence). */
  forward(x: tf.Tensor, state: Omit<RecurrentState, 'c'> = {}): RecurrentResult {
    return scope(() => this.scan(x, state));
  }
}

/** Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates; projections of Sak et al. 2014), torch's `LSTM`. */
export class LSTM extends Recurrent {
  constructor(
    inputSize: number,
    hiddenSize: number,
    /** `projSize` > 0 projects each h to that size. */
    options: RecurrentOptions & { readonly projSize?: number } = {},
  ) {
    super('lstm', inputSize, hiddenSize, options);
  }

  /** x [T, B, in] ([B, T, in] with `batchFirst`, [T, in] for one sequence). */
  forward(x: tf.Tensor, state: RecurrentState = {}): RecurrentResult & { readonly c: tf.Tensor } {
    return scope(() => {
      const { output, h, c } = this.scan(x, state);
      return { output, h, c: c! };
    });
  }
}
