/**
 * DeeperGCN: "DeeperGCN: All You Need to Train Deeper GCNs", Li, Xiong, Thabet and Ghanem 2020, arXiv:2006.07739. Parameters as in
 * PyTorch Geometric's example ogbn_proteins_deepgcn.py.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  checkCount,
  ConfiguredModel,
  Dropout,
  LayerNorm,
  Linear,
  loadPretrained,
  ModuleList,
  ownFamily,
  ReLU,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { DeepGCNLayer, GENConv, type DeepGCNLayerOptions } from '../layers/index.js';
import { fromReference } from './reference-config.js';

/** What a {@link DeeperGCN} is built from; plain data, kept in config.json. */
export interface DeeperGCNConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  readonly numLayers: number;
  /** Width of the edges' attributes, which pass a linear map; null for a graph without. Default null. */
  readonly edgeDim: number | null;
  /** Default `res+`. */
  readonly block: Exclude<DeepGCNLayerOptions['block'], 'dense' | undefined>;
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout: number;
}

const defaults = { edgeDim: null, block: 'res+', dropout: 0 } as const satisfies Partial<DeeperGCNConfig>;

export type DeeperGCNOptions = Omit<DeeperGCNConfig, keyof typeof defaults> &
  Partial<DeeperGCNConfig> & { readonly generator?: Generator | undefined };

/** A deep network of {@link GENConv} with softmax aggregation at learned temperatures, for values of nodes. */
export class DeeperGCN extends ConfiguredModel<DeeperGCNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: DeeperGCNConfig;
  readonly encoder: Linear;
  readonly edge_encoder: Linear | null;
  readonly layers: ModuleList<DeepGCNLayer<[EdgeIndex, tf.Tensor | null]>>;
  readonly lin: Linear;
  readonly dropout: Dropout;

  constructor(options: DeeperGCNOptions) {
    super();
    const { generator, ...given } = options;
    const config = { ...defaults, ...given };
    const { inChannels, hiddenChannels: width, outChannels, numLayers, edgeDim, block, dropout } = config;
    const random = { generator };
    checkCount('DeeperGCN: numLayers', numLayers);
    this.config = config;
    this.encoder = new Linear(inChannels, width, random);
    this.edge_encoder = edgeDim === null ? null : new Linear(edgeDim, width, random);
    this.layers = new ModuleList(
      Array.from({ length: numLayers }, () => {
        const conv = new GENConv(width, width, { learnT: true, norm: 'layer', ...random });
        return new DeepGCNLayer(conv, { norm: new LayerNorm(width), act: new ReLU(), block, dropout, ...random });
      }),
    );
    this.lin = new Linear(width, outChannels, random);
    this.dropout = new Dropout(dropout, random);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric's layers with the same names. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<DeeperGCN> {
    return loadPretrained(source, deeperGCNFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const attributes = edgeAttr === null ? null : (this.edge_encoder?.forward(edgeAttr) ?? edgeAttr);
      const [first, ...rest] = this.layers;
      // the first layer's norm and activation stand behind the last layer
      let y = first!.conv.forward(this.encoder.forward(x), edges, attributes);
      for (const layer of rest) y = layer.forward(y, edges, attributes);
      return this.lin.forward(this.dropout.forward(first!.normAndAct(y)));
    });
  }
}

const modelType = 'hourglass-deeper-gcn';

/** Kinds of checkpoint that {@link DeeperGCN.fromPretrained} reads. */
export const deeperGCNFamilies: ReadonlyArray<ModelFamily<DeeperGCN>> = [
  ownFamily(modelType, (config: DeeperGCNOptions) => new DeeperGCN(config)),
  fromReference('DeepGCNLayer(GENConv(', ({ inChannels, hidden, out, layers, block = 'res+' }) => {
    const sizes = { inChannels, hiddenChannels: hidden, outChannels: out, numLayers: layers };
    return new DeeperGCN({ ...sizes, block } as DeeperGCNOptions);
  }),
];
