import * as tf from '@tensorflow/tfjs-core';
import { Embedding, Module, scope, type Generator } from '@hourglass/core';

/** A table of vectors kept `scale` times smaller than they are, so that they learn as much faster. */
export class ScaledEmbedding extends Module {
  readonly embedding: Embedding;

  /** @param smooth starts with running sums, so that neighbours are similar */
  constructor(
    count: number,
    width: number,
    readonly scale: number,
    smooth: boolean,
    generator?: Generator,
  ) {
    super();
    this.embedding = new Embedding(count, width, { generator });
    scope(() => {
      const { weight } = this.embedding;
      // the sum of n normal numbers is √n times as large
      const norms = tf.sqrt(tf.range(1, count + 1));
      const table = smooth ? tf.div(tf.cumsum(weight.value, 0), tf.expandDims(norms, 1)) : weight.value;
      weight.assign(tf.div(table, scale));
    });
  }

  /** The first `count` vectors: [count, width]. */
  forward(count: number): tf.Tensor {
    const { weight } = this.embedding;
    return scope(() => tf.mul(tf.slice(weight.value, [0, 0], [count, -1]), this.scale));
  }
}
