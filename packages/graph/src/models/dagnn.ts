/**
 * DAGNN: "Towards Deeper Graph Neural Networks", Liu, Gao and Ji 2020, arXiv:2007.09296. Parameters have the names of the authors' code
 * (https://github.com/divelab/DeeperGNN, GPL-3.0); written anew from the paper.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  Dropout,
  Linear,
  loadPretrained,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { AdaptivePropagation, type Retained } from '../layers/index.js';
import type { GNNInputs } from './basic-gnn.js';

/** What a {@link DAGNN} is built from; plain data, kept in config.json. */
export interface DAGNNConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Number of hops. Default 10. */
  readonly K: number;
  /** Probability of dropping a value before either map. Default 0.5. */
  readonly dropout: number;
}

const defaults = { K: 10, dropout: 0.5 } as const;

export type DAGNNOptions = Pick<DAGNNConfig, 'inChannels' | 'hiddenChannels' | 'outChannels'> &
  Partial<DAGNNConfig> & { readonly generator?: Generator };

/**
 * Deep adaptive graph network: first a network of two layers for each node by itself, then hops without parameters, of which each
 * node keeps as much as it scores. Depth costs no parameters and does not over-smooth.
 */
export class DAGNN extends ConfiguredModel<DAGNNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: DAGNNConfig;
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly prop: AdaptivePropagation;
  readonly dropout: Dropout;

  constructor(options: DAGNNOptions) {
    super();
    const { generator, ...given } = options;
    this.config = { ...defaults, ...given };
    const { inChannels, hiddenChannels, outChannels, K, dropout } = this.config;
    this.lin1 = new Linear(inChannels, hiddenChannels, { generator });
    this.lin2 = new Linear(hiddenChannels, outChannels, { generator });
    this.prop = new AdaptivePropagation(outChannels, K, { generator });
    this.dropout = new Dropout(dropout, { generator });
  }

  /** Loads a checkpoint that {@link savePretrained} wrote. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<DAGNN> {
    return loadPretrained(source, dagnnFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: Pick<GNNInputs, 'edgeWeight'> = {}): tf.Tensor {
    return scope(() => this.retain(x, edges, inputs).value);
  }

  /** {@link forward}, with the score of each node and hop. */
  retain(x: tf.Tensor, edges: EdgeIndex, { edgeWeight = null }: Pick<GNNInputs, 'edgeWeight'> = {}): Retained {
    return scope(() => {
      const hidden = this.lin1.forward(this.dropout.forward(x), 'relu');
      return this.prop.retain(this.lin2.forward(this.dropout.forward(hidden)), edges, edgeWeight);
    });
  }
}

const modelType = 'hourglass-dagnn';

/** Kinds of checkpoint that {@link DAGNN.fromPretrained} reads. */
export const dagnnFamilies: ReadonlyArray<ModelFamily<DAGNN>> = [
  ownFamily(modelType, (config: DAGNNOptions) => new DAGNN(config)),
];
