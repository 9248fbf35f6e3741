import type * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, type functional, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { GraphConv } from '../convolution/graph-conv.js';
import { checkFeatures } from '../message-passing.js';
import type { PooledGraph } from './pooled-graph.js';
import { SelectTopK, type Selection, type SelectOptions } from './select-top-k.js';
import { keepNodes, withBatch, type PoolingInputs, type TopKPoolingOptions } from './top-k-pooling.js';

/** A layer on nodes and edges. */
export interface NodeLayer extends Module {
  /** float32 [nodes, width] to [nodes, …] */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor;
}

export interface SAGPoolingOptions extends TopKPoolingOptions {
  /** What scores the nodes: a layer of this many inputs and outputs (1). Default: a `GraphConv`. */
  readonly gnn?: (inChannels: number, outChannels: number, random: { readonly generator?: Generator }) => NodeLayer;
}

/**
 * Keeps each graph's nodes with the highest scores by a graph convolution, and the edges between them (self-attention graph
 * pooling, Lee et al. 2019, arXiv:1904.08082; Knyazev et al. 2019, arXiv:1905.02850). Chosen on the host, as in `SelectTopK`.
 */
export class SAGPooling extends Module {
  readonly gnn: NodeLayer;
  readonly select: SelectTopK;
  readonly #multiplier: number;

  /** @throws InvalidArgumentError for a ratio that is neither a share nor a whole number */
  constructor(
    readonly inChannels: number,
    options: SAGPoolingOptions = {},
  ) {
    super();
    const {
      gnn = (inputs, outputs, random) => new GraphConv(inputs, outputs, random),
      multiplier = 1,
      ...rest
    } = options;
    const select: SelectOptions = rest;
    this.gnn = gnn(inChannels, 1, { generator: rest.generator });
    this.select = new SelectTopK(1, select);
    this.#multiplier = multiplier;
  }

  /** @param x float32 [nodes, inChannels] */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: PoolingInputs = {}): PooledGraph {
    checkFeatures('SAGPooling', x, edges.nodes);
    return withBatch(inputs.batch, edges, (batch) => {
      const selection = this.#select(inputs.attn ?? x, edges, batch);
      return keepNodes(x, edges, inputs.edgeAttr ?? null, batch, { multiplier: this.#multiplier, ...selection });
    });
  }

  #select(x: tf.Tensor, edges: EdgeIndex, batch: functional.Segments): Selection {
    let perm!: Int32Array;
    const score = scope(() => {
      const scores = this.gnn.forward(x, edges);
      check(
        scores.shape[1] === 1,
        () => `SAGPooling: the scoring layer gives [${scores.shape.join(', ')}], one score for each node is wanted`,
      );
      const selection = this.select.forward(scores, batch);
      perm = selection.perm;
      return selection.score;
    });
    return { perm, score };
  }
}
