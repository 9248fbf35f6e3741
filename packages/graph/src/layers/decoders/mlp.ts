import * as tf from '@tensorflow/tfjs-core';
import { Linear, Module, ModuleList, scope, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources } from '../message-passing.js';
import { checkDense, checkEmbeddings, type EdgeDecoder } from './decoder.js';

export interface MlpDecoderOptions {
  /** Widths of the hidden layers. Default one, as wide as the embeddings. */
  readonly hiddenChannels?: readonly number[];
  /** What the network sees of two nodes: their product, which makes edges undirected, or both. Default `product`. */
  readonly combine?: 'product' | 'concat';
  readonly generator?: Generator;
}

/** A small network with ReLU on the embeddings of both nodes. */
export class MlpDecoder extends Module implements EdgeDecoder {
  readonly lins: ModuleList<Linear>;
  readonly combine: 'product' | 'concat';

  constructor(
    readonly channels: number,
    options: MlpDecoderOptions = {},
  ) {
    super();
    const { hiddenChannels = [channels], combine = 'product', ...random } = options;
    this.combine = combine;
    const widths = [combine === 'product' ? channels : 2 * channels, ...hiddenChannels, 1];
    this.lins = new ModuleList(widths.slice(1).map((width, i) => new Linear(widths[i]!, width, random)));
  }

  forward(z: tf.Tensor, pairs: EdgeIndex): tf.Tensor {
    checkEmbeddings('MlpDecoder', z, pairs, this.channels);
    return scope(() => {
      const [from, to] = [atSources(z, pairs), atDestinations(z, pairs)];
      return tf.reshape(this.#score(from, to), [pairs.edges]);
    });
  }

  forwardAll(z: tf.Tensor): tf.Tensor {
    const nodes = z.shape[0]!;
    checkDense('MlpDecoder', nodes);
    return scope(() => {
      const shape = [nodes, nodes, this.channels];
      const from = tf.broadcastTo(tf.expandDims(z, 1), shape);
      return tf.reshape(this.#score(from, tf.broadcastTo(tf.expandDims(z, 0), shape)), [nodes, nodes]);
    });
  }

  #score(from: tf.Tensor, to: tf.Tensor): tf.Tensor {
    let x = this.combine === 'product' ? tf.mul(from, to) : tf.concat([from, to], -1);
    const last = this.lins.length - 1;
    [...this.lins].forEach((lin, i) => (x = i < last ? tf.relu(lin.forward(x)) : lin.forward(x)));
    return x;
  }
}
