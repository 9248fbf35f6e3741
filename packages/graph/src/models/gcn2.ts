/**
 * GCNII: "Simple and Deep Graph Convolutional Networks", Chen, Wei, Huang, Ding and Li 2020, arXiv:2007.02133. As PyTorch Geometric's
 * example `gcn2_cora`.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  Dropout,
  Linear,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { GCN2Conv } from '../layers/index.js';
import type { GNNInputs } from './basic-gnn.js';
import { fromReference } from './reference-config.js';

/** What a {@link GCN2} is built from; plain data, kept in config.json. */
export interface GCN2Config {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Number of convolutions. */
  readonly numLayers: number;
  /** Share of the first features in each layer. Default 0.1. */
  readonly alpha: number;
  /** How much the maps differ from the identity: by log(theta / layer + 1). Default 0.5. */
  readonly theta: number;
  /** One map for hidden and first features. Default true. */
  readonly sharedWeights: boolean;
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout: number;
}

const defaults = { alpha: 0.1, theta: 0.5, sharedWeights: true, dropout: 0 } as const;

export type GCN2Options = Pick<GCN2Config, 'inChannels' | 'hiddenChannels' | 'outChannels' | 'numLayers'> &
  Partial<GCN2Config> & { readonly generator?: Generator };

/** Many convolutions that each keep a share of the first features, between two linear maps. */
export class GCN2 extends ConfiguredModel<GCN2Config> {
  protected override readonly modelType = modelType;
  override readonly config: GCN2Config;
  readonly lins: ModuleList<Linear>;
  readonly convs: ModuleList<GCN2Conv>;
  readonly dropout: Dropout;

  constructor(options: GCN2Options) {
    super();
    const { generator, ...given } = options;
    this.config = { ...defaults, ...given };
    const { inChannels, hiddenChannels, outChannels, numLayers, alpha, theta, sharedWeights, dropout } = this.config;
    this.lins = new ModuleList([
      new Linear(inChannels, hiddenChannels, { generator }),
      new Linear(hiddenChannels, outChannels, { generator }),
    ]);
    this.convs = new ModuleList(
      Array.from(
        { length: numLayers },
        (_, i) => new GCN2Conv(hiddenChannels, { alpha, theta, layer: i + 1, sharedWeights, generator }),
      ),
    );
    this.dropout = new Dropout(dropout, { generator });
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with the same parts. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GCN2> {
    return loadPretrained(source, gcn2Families, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, { edgeWeight = null }: Pick<GNNInputs, 'edgeWeight'> = {}): tf.Tensor {
    return scope(() => {
      const first = this.lins.at(0).forward(this.dropout.forward(x), 'relu');
      let y = first;
      for (const conv of this.convs) y = tf.relu(conv.forward(this.dropout.forward(y), first, edges, edgeWeight));
      return this.lins.at(1).forward(this.dropout.forward(y));
    });
  }
}

const modelType = 'hourglass-gcn2';

/** Kinds of checkpoint that {@link GCN2.fromPretrained} reads. */
export const gcn2Families: ReadonlyArray<ModelFamily<GCN2>> = [
  ownFamily(modelType, (config: GCN2Options) => new GCN2(config)),
  fromReference('GCN2Conv stack', ({ F, h, O, L, ...rest }, { tensors }) => {
    const sizes = { inChannels: F, hiddenChannels: h, outChannels: O, numLayers: L };
    const sharedWeights = !tensors.specs.has('convs.0.weight2');
    return new GCN2({ sharedWeights, ...rest, ...sizes } as unknown as GCN2Options);
  }),
];
