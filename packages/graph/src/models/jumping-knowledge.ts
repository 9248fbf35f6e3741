import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, LSTM, Module, scope, type Generator } from '@hourglass/core';

export type JumpingKnowledgeMode = 'cat' | 'max' | 'lstm';

/** What all layers say of a node as one vector (Xu et al. 2018, arXiv:1806.03536). */
export class JumpingKnowledge extends Module {
  readonly lstm: LSTM | null;
  readonly att: Linear | null;

  /**
   * @param mode `cat`: side by side; `max`: the largest of each column; `lstm`: weighted by attention, for each node its own
   * @param channels width of the layers, for `lstm`
   * @param numLayers for `lstm`
   */
  constructor(
    readonly mode: JumpingKnowledgeMode,
    channels = 0,
    numLayers = 0,
    options: { readonly generator?: Generator | undefined } = {},
  ) {
    super();
    check(['cat', 'max', 'lstm'].includes(mode), () => `JumpingKnowledge: mode must be cat, max or lstm, got ${mode}`);
    const random = { generator: options.generator };
    const hidden = Math.floor((numLayers * channels) / 2);
    const isLstm = mode === 'lstm';
    this.lstm = isLstm ? new LSTM(channels, hidden, { bidirectional: true, batchFirst: true, ...random }) : null;
    this.att = isLstm ? new Linear(2 * hidden, 1, random) : null;
  }

  /** xs: of each layer float32 [nodes, channels]; [nodes, channels] back, or [nodes, layers * channels] for `cat`. */
  forward(xs: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      if (this.mode === 'cat') return tf.concat([...xs], -1);
      // one after the other, so that of equal values one gets the gradient
      if (this.mode === 'max') return xs.reduce((largest, x) => tf.maximum(largest, x));
      const layers = tf.stack([...xs], 1);
      const scores = this.att!.forward(this.lstm!.forward(layers).output);
      return tf.sum(tf.mul(layers, functional.softmax(scores, 1)), 1);
    });
  }
}
