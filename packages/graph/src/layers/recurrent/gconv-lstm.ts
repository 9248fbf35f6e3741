import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { ChebConv, type ChebConvInputs, type ChebConvOptions } from '../convolution/index.js';
import { glorot } from '../initialise.js';
import { checkFeatures } from '../message-passing.js';

/** What a recurrent layer remembers, each float32 [nodes, hiddenChannels]. */
export interface LSTMState {
  readonly hidden: tf.Tensor;
  readonly cell: tf.Tensor;
}

/**
 * One step of an LSTM with peepholes whose gates are Chebyshev graph convolutions of the input and of what was remembered (Seo et al. 2016,
 * arXiv:1612.07659, model 2). With K = 1 nothing goes along edges: a usual LSTM, the same for every node.
 */
export class GConvLSTM extends Module {
  /** Of input and memory side by side, to the input, forget, candidate and output gate. */
  readonly conv: ChebConv;
  /** Peepholes of the input, forget and output gate: [3, hiddenChannels]. */
  readonly w_c: Parameter;

  constructor(
    readonly inChannels: number,
    readonly hiddenChannels: number,
    options: ChebConvOptions,
  ) {
    super();
    this.conv = new ChebConv(inChannels + hiddenChannels, 4 * hiddenChannels, options);
    this.w_c = glorot([3, hiddenChannels], { generator: options.generator });
  }

  /** Nothing remembered. */
  initialState(nodes: number): LSTMState {
    const zeros = (): tf.Tensor => tf.zeros([nodes, this.hiddenChannels]);
    return { hidden: zeros(), cell: zeros() };
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param state default: nothing remembered
   */
  forward(x: tf.Tensor, edges: EdgeIndex, state: LSTMState | null = null, inputs: ChebConvInputs = {}): LSTMState {
    checkFeatures('GConvLSTM', x, edges.nodes, this.inChannels);
    return scope(() => {
      const { hidden, cell } = state ?? this.initialState(edges.nodes);
      checkFeatures('GConvLSTM (memory)', cell, edges.nodes, this.hiddenChannels);
      const gates = tf.split(this.conv.forward(tf.concat([x, hidden], 1), edges, inputs), 4, 1);
      const peephole = (gate: number, cell: tf.Tensor): tf.Tensor =>
        tf.mul(cell, tf.slice(this.w_c.value, [gate, 0], [1, this.hiddenChannels]));
      const input = tf.sigmoid(tf.add(gates[0]!, peephole(0, cell)));
      const forget = tf.sigmoid(tf.add(gates[1]!, peephole(1, cell)));
      const next = tf.add(tf.mul(forget, cell), tf.mul(input, tf.tanh(gates[2]!)));
      const output = tf.sigmoid(tf.add(gates[3]!, peephole(2, next)));
      return { cell: next, hidden: tf.mul(output, tf.tanh(next)) };
    });
  }

  /**
   * All steps of a sequence.
   *
   * @param x float32 [time, nodes, inChannels]
   * @returns float32 [time, nodes, hiddenChannels]
   */
  sequence(x: tf.Tensor, edges: EdgeIndex, inputs: ChebConvInputs = {}): tf.Tensor {
    check(x.rank === 3, () => `GConvLSTM takes sequences [time, nodes, channels], got [${x.shape.join(', ')}]`);
    return scope(() => {
      let state: LSTMState | null = null;
      const outputs: tf.Tensor[] = [];
      for (const frame of tf.unstack(x)) {
        state = this.forward(frame, edges, state, inputs);
        outputs.push(state.hidden);
      }
      return tf.stack(outputs);
    });
  }
}
