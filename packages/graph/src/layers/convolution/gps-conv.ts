import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  Dropout,
  Linear,
  Module,
  MultiheadAttention,
  scope,
  Sequential,
  type functional,
} from '@hourglass/core';
import { toDenseBatch, type EdgeIndex } from '../../edges/index.js';
import type { ConvolutionModule } from '../deep-gcn-layer.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { normalizationOf, type Normalization } from '../normalization/index.js';

export interface GPSConvOptions extends Pick<ConvOptions, 'generator'> {
  /** Default 1. */
  readonly heads?: number;
  /** Probability of dropping a value. Default 0. */
  readonly dropout?: number;
  /** Of the network. Default `relu`. */
  readonly act?: string;
  /** A name that {@link normalizationOf} knows; null for none. Default `batch_norm`. */
  readonly norm?: string | null;
  /** Probability of dropping attention. Default 0. */
  readonly attentionDropout?: number;
}

/**
 * General, powerful, scalable graph Transformer layer (Rampášek et al. 2022, arXiv:2205.12454): a convolution along the edges beside
 * attention among all nodes of a graph, and a network. The attention compares all pairs of nodes of a graph: for graphs of
 * thousands of nodes at most.
 */
export class GPSConv<Rest extends readonly unknown[] = readonly []> extends Module {
  readonly attn: MultiheadAttention;
  readonly mlp: Sequential;
  readonly norm1: Normalization;
  readonly norm2: Normalization;
  readonly norm3: Normalization;
  readonly dropout: Dropout;

  /** @param conv maps [nodes, channels] to the same shape along the edges; null for attention alone */
  constructor(
    readonly channels: number,
    readonly conv: ConvolutionModule<[EdgeIndex, ...Rest]> | null,
    options: GPSConvOptions = {},
  ) {
    super();
    const { heads = 1, dropout = 0, act = 'relu', norm = 'batch_norm', attentionDropout = 0, generator } = options;
    this.attn = new MultiheadAttention(channels, heads, { batchFirst: true, dropout: attentionDropout, generator });
    this.mlp = new Sequential(
      new Linear(channels, channels * 2, { generator }),
      activationByName(act),
      new Dropout(dropout, { generator }),
      new Linear(channels * 2, channels, { generator }),
      new Dropout(dropout, { generator }),
    );
    this.norm1 = normalizationOf(norm, channels);
    this.norm2 = normalizationOf(norm, channels);
    this.norm3 = normalizationOf(norm, channels);
    this.dropout = new Dropout(dropout, { generator });
  }

  /**
   * @param x float32 [nodes, channels]
   * @param batch the graph of each node; null for one graph
   * @param rest what the convolution takes besides
   * @returns float32 [nodes, channels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, batch: functional.Segments | null = null, ...rest: Rest): tf.Tensor {
    checkFeatures('GPSConv', x, edges.nodes, this.channels);
    check(
      batch === null || batch.count === edges.nodes,
      () => `GPSConv: batch must say the graph of each of ${edges.nodes} nodes, it has ${batch!.count}`,
    );
    return scope(() => {
      const residual = (y: tf.Tensor, norm: Normalization): tf.Tensor =>
        norm.forward(tf.add(this.dropout.forward(y), x), batch);
      const seen = residual(this.#attend(x, batch), this.norm2);
      const joined =
        this.conv === null ? seen : tf.add(residual(this.conv.forward(x, edges, ...rest), this.norm1), seen);
      return this.norm3.forward(tf.add(joined, this.mlp.forward(joined)), batch);
    });
  }

  #attend(x: tf.Tensor, batch: functional.Segments | null): tf.Tensor {
    if (batch === null || batch.size === 1) {
      return this.attn.forward(x, x, x, { needWeights: false }).output;
    }
    const { x: dense, mask } = toDenseBatch(x, batch);
    const keyPaddingMask = tf.logicalNot(mask);
    const { output } = this.attn.forward(dense, dense, dense, { keyPaddingMask, needWeights: false });
    const [graphs, longest] = mask.shape as [number, number];
    return tf.gather(tf.reshape(output, [graphs * longest, this.channels]), placesInRows(batch, longest));
  }
}

/** Where each row of the segments stands when every segment has this length. */
function placesInRows({ values: { pointer, order }, count, size }: functional.Segments, length: number): tf.Tensor1D {
  const places = new Int32Array(count);
  for (let s = 0; s < size; s++) {
    for (let at = pointer[s]!; at < pointer[s + 1]!; at++) places[order[at]!] = s * length + at - pointer[s]!;
  }
  return tf.tensor1d(places, 'int32');
}
