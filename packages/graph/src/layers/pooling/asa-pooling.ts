import * as tf from '@tensorflow/tfjs-core';
import { Dropout, functional, Linear, Module, scope, type Generator } from '@hourglass/core';
import {
  addRemainingSelfLoops,
  EdgeIndex,
  edgeProduct,
  removeSelfLoops,
  type DerivedEdges,
  type EdgeProduct,
} from '../../edges/index.js';
import { MaxAggregation } from '../aggregation/index.js';
import { LEConv } from '../convolution/le-conv.js';
import { atDestinations, atSources, checkFeatures } from '../message-passing.js';
import { propagate } from '../propagate.js';
import { PooledGraph } from './pooled-graph.js';
import { SelectTopK } from './select-top-k.js';
import { withBatch, type PoolingInputs } from './top-k-pooling.js';

/** A layer on nodes and weighted edges. */
export interface WeightedLayer extends Module {
  /** x float32 [nodes, width], weights float32 [edges] or null, to [nodes, …] */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null): tf.Tensor;
}

export interface ASAPoolingOptions {
  /** Below 1 the share of each graph's nodes, rounded up; from 1 on their number. Default 0.5. */
  readonly ratio?: number;
  /** A layer within clusters, of this many inputs and outputs, which is given the weights of the edges too. Default: none. */
  readonly gnn?: (inChannels: number, outChannels: number, random: { readonly generator?: Generator }) => WeightedLayer;
  /** Probability with which a node's part in a cluster is dropped. Default 0. */
  readonly dropout?: number;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** The pooled graph gets a self loop for each node that has none; otherwise it has none at all. Default false. */
  readonly addSelfLoops?: boolean;
  readonly generator?: Generator;
}

/**
 * Adaptive structure aware pooling (Ranjan et al. 2019, arXiv:1911.07979): every node with its neighbours is a cluster, of which the fittest
 * are kept; clusters are joined that have nodes in common or joined nodes. Chosen and joined on the host. The pooled graph's attributes are
 * its weights, where the graph had any.
 */
export class ASAPooling extends Module {
  readonly lin: Linear;
  readonly att: Linear;
  readonly gnn_score: LEConv;
  readonly gnn_intra_cluster: WeightedLayer | null;
  /** Its weight gets no gradient, since only its choice counts. */
  readonly select: SelectTopK;
  readonly dropout: Dropout;
  readonly #negativeSlope: number;
  readonly #addSelfLoops: boolean;

  /** @throws InvalidArgumentError for a ratio that is neither a share nor a whole number */
  constructor(
    readonly inChannels: number,
    options: ASAPoolingOptions = {},
  ) {
    super();
    const { ratio = 0.5, gnn, dropout = 0, negativeSlope = 0.2, addSelfLoops = false, ...random } = options;
    this.lin = new Linear(inChannels, inChannels, random);
    this.att = new Linear(2 * inChannels, 1, random);
    this.gnn_score = new LEConv(inChannels, 1, random);
    this.gnn_intra_cluster = gnn?.(inChannels, inChannels, random) ?? null;
    this.select = new SelectTopK(1, { ratio, ...random });
    this.dropout = new Dropout(dropout, random);
    this.#negativeSlope = negativeSlope;
    this.#addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param inputs.edgeAttr float32 [edges]: weights
   * @returns its score is the fitness of the clusters that were kept
   */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: Omit<PoolingInputs, 'attn'> = {}): PooledGraph {
    checkFeatures('ASAPooling', x, edges.nodes, this.inChannels);
    const looped = addRemainingSelfLoops(edges);
    const given = inputs.edgeAttr ?? null;
    return withBatch(inputs.batch, edges, (batch) => {
      let perm!: Int32Array;
      let joined!: Joined;
      const tensors = scope(() => {
        const weight = given === null ? null : looped.carry(given, 1);
        const score = this.#membership(x, looped.edges, weight);
        const clusters = functional.spmm(looped.edges.adjacency, score, x);
        const fitness = tf.sigmoid(this.gnn_score.forward(clusters, looped.edges));
        perm = this.select.forward(fitness, batch).perm;
        joined = new Joined(looped.edges, perm, this.#addSelfLoops);
        const kept = tf.gather(fitness, perm);
        return {
          x: tf.mul(tf.gather(clusters, perm), kept),
          score: tf.squeeze(kept, [1]),
          edgeAttr: weight === null ? null : joined.weights(score, weight),
        };
      });
      const graphs = new functional.Segments(
        perm.map((node) => batch.values.ids[node]!),
        batch.size,
      );
      return new PooledGraph({
        ...tensors,
        perm,
        edges: joined.edges,
        batch: graphs,
        free: () => {
          joined.dispose();
          graphs.dispose();
        },
      });
    });
  }

  /** How far the source of each edge belongs to the cluster of its destination: [edges]. */
  #membership(x: tf.Tensor, edges: EdgeIndex, weight: tf.Tensor | null): tf.Tensor {
    const inner = this.gnn_intra_cluster?.forward(x, edges, weight) ?? x;
    const centre = this.lin.forward(propagate(new MaxAggregation(), inner, edges));
    // the map of both side by side is the sum of a map of either, which has a row for each node instead of each edge
    const [first, second] = tf.split(this.att.weight.value, 2);
    const own = functional.linear(centre, first!, this.att.bias!.value);
    const scores = tf.add(atDestinations(own, edges), atSources(functional.linear(inner, second!), edges));
    const attention = functional.segmentSoftmax(functional.leakyRelu(scores, this.#negativeSlope), edges.incoming);
    return this.dropout.forward(tf.squeeze(attention, [1]));
  }
}

/** Edges between clusters: Sᵀ A S for the memberships S in the kept clusters. */
class Joined {
  readonly edges: EdgeIndex;
  /** Of the edges, those that are memberships in kept clusters. */
  readonly #members: Int32Array;
  readonly #parts: readonly [EdgeIndex, EdgeIndex, EdgeProduct, EdgeProduct];
  readonly #loops: DerivedEdges;

  constructor(all: EdgeIndex, perm: Int32Array, addSelfLoops: boolean) {
    const number = new Int32Array(all.nodes).fill(-1);
    perm.forEach((node, i) => (number[node] = i));
    this.#members = Int32Array.from(all.destination.keys()).filter((e) => number[all.destination[e]!] !== -1);
    const node = this.#members.map((e) => all.source[e]!);
    const cluster = this.#members.map((e) => number[all.destination[e]!]!);
    const into = new EdgeIndex([node, cluster], [all.nodes, perm.length]);
    const outOf = new EdgeIndex([cluster, node], [perm.length, all.nodes]);
    const half = edgeProduct(outOf, all);
    const whole = edgeProduct(half.edges, into);
    this.#parts = [into, outOf, half, whole];
    this.#loops = addSelfLoops ? addRemainingSelfLoops(whole.edges) : removeSelfLoops(whole.edges);
    this.edges = this.#loops.edges;
  }

  weights(score: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    const members = tf.gather(score, this.#members);
    const [, , half, whole] = this.#parts;
    return this.#loops.carry(whole.multiply(half.multiply(members, weight), members), 1);
  }

  dispose(): void {
    for (const made of this.#parts) made.dispose();
  }
}
