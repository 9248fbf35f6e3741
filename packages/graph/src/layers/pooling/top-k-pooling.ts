import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope } from '@hourglass/core';
import { subgraph, type EdgeIndex } from '../../edges/index.js';
import { checkFeatures } from '../message-passing.js';
import { PooledGraph } from './pooled-graph.js';
import { SelectTopK, type Selection, type SelectOptions } from './select-top-k.js';

export interface TopKPoolingOptions extends SelectOptions {
  /** Factor of the kept nodes' features, besides their scores. Default 1. */
  readonly multiplier?: number;
}

/** What pooling layers take besides features and edges. */
export interface PoolingInputs {
  /** [edges, …] */
  readonly edgeAttr?: tf.Tensor | null;
  /** Which graph each node belongs to. Default: all to one. */
  readonly batch?: functional.Segments | null;
  /** float32 [nodes, width]: what to score the nodes by. Default: their features. */
  readonly attn?: tf.Tensor | null;
}

/**
 * Keeps each graph's nodes with the highest learned scores, and the edges between them (Gao and Ji 2019, arXiv:1905.05178). Gradients reach the
 * projection through the scores, which multiply the features.
 */
export class TopKPooling extends Module {
  readonly select: SelectTopK;
  readonly #multiplier: number;

  /** @throws InvalidArgumentError for a ratio that is neither a share nor a whole number */
  constructor(
    readonly inChannels: number,
    options: TopKPoolingOptions = {},
  ) {
    super();
    const { multiplier = 1, ...select } = options;
    this.select = new SelectTopK(inChannels, select);
    this.#multiplier = multiplier;
  }

  /** @param x float32 [nodes, inChannels] */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: PoolingInputs = {}): PooledGraph {
    checkFeatures('TopKPooling', x, edges.nodes);
    return withBatch(inputs.batch, edges, (batch) =>
      keepNodes(x, edges, inputs.edgeAttr ?? null, batch, {
        multiplier: this.#multiplier,
        ...this.select.forward(inputs.attn ?? x, batch),
      }),
    );
  }
}

/** Runs `fn` with the batch, or with all nodes in one graph. */
export function withBatch<T>(
  batch: functional.Segments | null | undefined,
  edges: EdgeIndex,
  fn: (batch: functional.Segments) => T,
): T {
  return fn(
    batch ?? edges.derived('nodes in one graph', () => new functional.Segments(new Int32Array(edges.nodes), 1)),
  );
}

/** The nodes of a selection, multiplied by their scores, and the edges between them. */
export function keepNodes(
  x: tf.Tensor,
  edges: EdgeIndex,
  edgeAttr: tf.Tensor | null,
  batch: functional.Segments,
  { perm, score, multiplier }: Selection & { readonly multiplier: number },
): PooledGraph {
  const kept = subgraph(edges, perm);
  const tensors = scope(() => {
    const scaled = tf.mul(tf.gather(x, perm), tf.expandDims(score, 1));
    return {
      x: multiplier === 1 ? scaled : tf.mul(scaled, multiplier),
      edgeAttr: edgeAttr === null ? null : kept.carry(edgeAttr, 0),
    };
  });
  const graphs = new functional.Segments(
    perm.map((node) => batch.values.ids[node]!),
    batch.size,
  );
  return new PooledGraph({
    ...tensors,
    score,
    perm,
    edges: kept.edges,
    batch: graphs,
    free: () => {
      kept.dispose();
      graphs.dispose();
    },
  });
}
