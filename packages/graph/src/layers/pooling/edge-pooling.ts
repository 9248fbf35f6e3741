import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, functional, Linear, Module, scope, type Generator } from '@hourglass/core';
import { coalesce, EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources, checkFeatures } from '../message-passing.js';
import { PooledGraph, type PooledParts } from './pooled-graph.js';
import { withBatch } from './top-k-pooling.js';

export interface EdgePoolingOptions {
  /** What makes scores of edges comparable: `softmax` over the edges that lead to a node, `tanh` or `sigmoid`. Default `softmax`. */
  readonly edgeScore?: 'softmax' | 'tanh' | 'sigmoid';
  /** Probability with which an edge's raw score is dropped. Default 0. */
  readonly dropout?: number;
  /** Added to the scores, so that merging does not shrink features. Default 0.5. */
  readonly addToEdgeScore?: number;
  readonly generator?: Generator;
}

/** A graph some of whose nodes were merged; see {@link PooledGraph}. */
export class MergedGraph extends PooledGraph {
  readonly #clusters: functional.Segments;

  constructor(parts: PooledParts & { readonly clusters: functional.Segments }) {
    super(parts);
    this.#clusters = parts.clusters;
  }

  /** Which node each former node became part of. */
  get clusters(): functional.Segments {
    return this.#clusters;
  }
}

/**
 * Merges the ends of the best-scored edges, no node twice (Diehl 2019, arXiv:1905.10990). Which edges, is decided on the host: scores are
 * read back from the device. Gradients flow through the scores, which multiply the merged features.
 */
export class EdgePooling extends Module {
  readonly lin: Linear;
  readonly dropout: Dropout;
  readonly #edgeScore: 'softmax' | 'tanh' | 'sigmoid';
  readonly #addToEdgeScore: number;

  constructor(
    readonly inChannels: number,
    options: EdgePoolingOptions = {},
  ) {
    super();
    const { edgeScore = 'softmax', dropout = 0, addToEdgeScore = 0.5, ...random } = options;
    check(
      ['softmax', 'tanh', 'sigmoid'].includes(edgeScore),
      () => `EdgePooling: edgeScore must be softmax, tanh or sigmoid, got '${edgeScore}'`,
    );
    this.lin = new Linear(2 * inChannels, 1, random);
    this.dropout = new Dropout(dropout, random);
    this.#edgeScore = edgeScore;
    this.#addToEdgeScore = addToEdgeScore;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param batch which graph each node belongs to. Default: all to one.
   * @returns merged pairs first, the best first; then the nodes that were left over
   */
  forward(x: tf.Tensor, edges: EdgeIndex, batch: functional.Segments | null = null): MergedGraph {
    checkFeatures('EdgePooling', x, edges.nodes, this.inChannels);
    return withBatch(batch, edges, (graphs) => {
      let made!: Omit<PooledParts, 'x' | 'score' | 'edgeAttr'> & { readonly clusters: functional.Segments };
      const tensors = scope(() => {
        const edgeScore = this.#scores(x, edges);
        const { cluster, merged, perm } = contraction(edges, edgeScore.dataSync<'float32'>());
        made = structures(edges, graphs, cluster, perm);
        const score = tf.concat([tf.gather(edgeScore, merged), tf.ones([perm.length - merged.length])]);
        return { x: tf.mul(functional.segmentSum(x, made.clusters), tf.expandDims(score, 1)), score };
      });
      return new MergedGraph({ ...made, ...tensors, edgeAttr: null });
    });
  }

  /** Puts features of merged nodes back to the nodes that they were made of: [merged, …] to [nodes, …]. */
  unpool(x: tf.Tensor, pooled: MergedGraph): tf.Tensor {
    return scope(() => functional.segmentGather(tf.div(x, tf.expandDims(pooled.score, 1)), pooled.clusters));
  }

  /** float32 [edges] */
  #scores(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    // the map of both ends side by side is the sum of a map of either, which is smaller by the nodes' degree
    const [first, second] = tf.split(this.lin.weight.value, 2);
    const of = (half: tf.Tensor): tf.Tensor => tf.squeeze(functional.linear(x, half), [1]);
    const ends = tf.add(atSources(of(first!), edges), atDestinations(of(second!), edges));
    const raw = this.dropout.forward(tf.add(ends, this.lin.bias!.value));
    const scores =
      this.#edgeScore === 'softmax'
        ? functional.segmentSoftmax(raw, edges.incoming)
        : this.#edgeScore === 'tanh'
          ? tf.tanh(raw)
          : tf.sigmoid(raw);
    return tf.add(scores, this.#addToEdgeScore);
  }
}

interface Contraction {
  /** The new number of each node. */
  readonly cluster: Int32Array;
  /** The edges whose ends were merged; the i-th made node i. */
  readonly merged: Int32Array;
  /** A former number for each new node. */
  readonly perm: Int32Array;
}

/** Takes edges, the best first, whose ends are both still free. */
function contraction({ source, destination, nodes }: EdgeIndex, scores: Float32Array): Contraction {
  const byScore = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const cluster = new Int32Array(nodes).fill(-1);
  const [merged, perm]: [number[], number[]] = [[], []];
  for (const edge of byScore) {
    const [from, to] = [source[edge]!, destination[edge]!];
    if (cluster[from] !== -1 || cluster[to] !== -1) continue;
    cluster[from] = cluster[to] = perm.length;
    perm.push(from);
    merged.push(edge);
  }
  cluster.forEach((number, node) => {
    if (number === -1) cluster[node] = perm.push(node) - 1;
  });
  return { cluster, merged: Int32Array.from(merged), perm: Int32Array.from(perm) };
}

function structures(
  edges: EdgeIndex,
  graphs: functional.Segments,
  cluster: Int32Array,
  perm: Int32Array,
): Omit<PooledParts, 'x' | 'score' | 'edgeAttr'> & { readonly clusters: functional.Segments } {
  const renamed = (ends: Int32Array): Int32Array => ends.map((node) => cluster[node]!);
  const all = new EdgeIndex([renamed(edges.source), renamed(edges.destination)], perm.length);
  const clusters = new functional.Segments(cluster, perm.length);
  const batch = new functional.Segments(
    perm.map((node) => graphs.values.ids[node]!),
    graphs.size,
  );
  return {
    edges: coalesce(all).edges,
    clusters,
    batch,
    perm,
    free: () => {
      for (const made of [all, clusters, batch]) made.dispose();
    },
  };
}
