/**
 * LightGCN: "LightGCN: Simplifying and Powering Graph Convolution Network for Recommendation", He et al. 2020, arXiv:2002.02126. As PyTorch
 * Geometric's `LightGCN`.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  Embedding,
  functional,
  init,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  StateBuffer,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { LGConv } from '../layers/index.js';
import { fromReference } from './reference-config.js';

/** What a {@link LightGCN} is built from; plain data, kept in config.json. */
export interface LightGCNConfig {
  /** Users and items together. */
  readonly numNodes: number;
  readonly embeddingDim: number;
  readonly numLayers: number;
}

export type LightGCNOptions = LightGCNConfig & {
  /** Weight of each layer's embedding and of the first: one for all, or numLayers + 1 of them. Default 1 / (numLayers + 1). */
  readonly alpha?: number | readonly number[];
  readonly generator?: Generator;
};

/** Embeddings of users and items that are smoothed over who has what: no maps, no activations. */
export class LightGCN extends ConfiguredModel<LightGCNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: LightGCNConfig;
  /** [numLayers + 1] */
  readonly alpha: StateBuffer;
  readonly embedding: Embedding;
  readonly #conv = new LGConv();

  constructor(options: LightGCNOptions) {
    super();
    const { numNodes, embeddingDim, numLayers, alpha = 1 / (numLayers + 1), generator } = options;
    for (const [name, count] of Object.entries({ numNodes, embeddingDim })) {
      checkCount(`LightGCN: ${name}`, count);
    }
    checkCount('LightGCN: numLayers', numLayers, 0);
    const weights = typeof alpha === 'number' ? Array.from({ length: numLayers + 1 }, () => alpha) : [...alpha];
    check(
      weights.length === numLayers + 1,
      () => `LightGCN: ${weights.length} weights for ${numLayers} layers and what they start from`,
    );
    this.config = { numNodes, embeddingDim, numLayers };
    this.alpha = new StateBuffer(tf.tensor1d(weights));
    this.embedding = new Embedding(numNodes, embeddingDim, { generator });
    init.xavierUniform(this.embedding.weight, { generator });
  }

  /** Loads a checkpoint of this library or of PyTorch Geometric. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<LightGCN> {
    return loadPretrained(source, lightGCNFamilies, options);
  }

  /**
   * Embeddings of all nodes.
   *
   * @param edges every pair in both directions
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, embeddingDim]
   */
  getEmbedding(edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const alphas = tf.unstack(this.alpha.value);
      let x = this.embedding.weight.value;
      let sum = tf.mul(x, alphas[0]!);
      for (const alpha of alphas.slice(1)) {
        x = this.#conv.forward(x, edges, edgeWeight);
        sum = tf.add(sum, tf.mul(x, alpha));
      }
      return sum;
    });
  }

  /**
   * Scores of pairs.
   *
   * @param pairs int32 [2, pairs]. Default: the edges.
   * @returns float32 [pairs]
   */
  forward(edges: EdgeIndex, pairs: tf.Tensor | null = null, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const x = this.getEmbedding(edges, edgeWeight);
      const [a, b] = tf.unstack(pairs ?? edges.toTensor());
      return tf.sum(tf.mul(functional.embedding(a!, x), functional.embedding(b!, x)), -1);
    });
  }

  /**
   * Bayesian personalised ranking (Rendle et al. 2009, arXiv:1205.2618): of each two pairs the first should score higher.
   *
   * @param right float32 [n]: scores of pairs that are there
   * @param wrong float32 [n]: of pairs of the same users that are not
   * @param options.lambda weight of the squared embeddings. Default 1e-4.
   * @param options.nodes int32: nodes whose embeddings count for that. Default: all.
   */
  recommendationLoss(
    right: tf.Tensor,
    wrong: tf.Tensor,
    options: { readonly lambda?: number; readonly nodes?: tf.Tensor | null } = {},
  ): tf.Tensor {
    const { lambda = 1e-4, nodes = null } = options;
    return scope(() => {
      const ranking = tf.neg(tf.mean(functional.logSigmoid(tf.sub(right, wrong))));
      if (lambda === 0) return ranking;
      const x = nodes === null ? this.embedding.weight.value : this.embedding.forward(nodes);
      return tf.add(ranking, tf.mul(tf.sum(tf.square(x)), lambda / right.size));
    });
  }

  /** Binary cross entropy of scores [n] with labels [n] of 0 and 1. */
  linkPredictionLoss(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return scope(() => losses.bceWithLogits(scores, tf.cast(labels, 'float32')));
  }

  /**
   * The k nodes that score highest with each of some nodes.
   *
   * @param sources int32 [n]; null for all
   * @param destinations int32 [m]: nodes to choose among; null for all
   * @returns int32 [n, k]
   */
  recommend(
    edges: EdgeIndex,
    k: number,
    options: { readonly sources?: tf.Tensor | null; readonly destinations?: tf.Tensor | null } = {},
  ): tf.Tensor {
    const { sources = null, destinations = null } = options;
    return scope(() => {
      const x = this.getEmbedding(edges);
      const of = (nodes: tf.Tensor | null): tf.Tensor => (nodes === null ? x : functional.embedding(nodes, x));
      const { indices } = functional.topk(tf.matMul(of(sources), of(destinations), false, true), k);
      return destinations === null ? indices : tf.gather(destinations, indices as tf.Tensor2D);
    });
  }
}

const modelType = 'hourglass-light-gcn';

/** Kinds of checkpoint that {@link LightGCN.fromPretrained} reads. */
export const lightGCNFamilies: ReadonlyArray<ModelFamily<LightGCN>> = [
  ownFamily(modelType, (config: LightGCNOptions) => new LightGCN(config)),
  fromReference('torch_geometric.nn.LightGCN', (args) => new LightGCN(args as unknown as LightGCNOptions)),
];
