/**
 * Classification of whole graphs: convolutions with batch norm, what all layers say of a node side by side (jumping knowledge, Xu et al.
 * 2018, arXiv:1806.03536), a sum or mean over each graph's nodes, and a linear map. With `gin` and sums it is the network of "How Powerful
 * are Graph Neural Networks?", Xu et al. 2018, arXiv:1810.00826.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Dropout,
  functional,
  Linear,
  loadPretrained,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { GraphData } from '../data/graph.js';
import type { EdgeIndex } from '../edges/index.js';
import type { BasicGNN, GNNInputs } from './basic-gnn.js';
import { withFeatures, type FeatureKind } from './features.js';
import { GAT } from './gat.js';
import { GCN } from './gcn.js';
import { GIN } from './gin.js';
import { GraphSAGE } from './graph-sage.js';

/** Convolutions that {@link GraphClassifier} is made of. */
export const graphArchitectures = ['gin', 'gcn', 'sage', 'gat'] as const;
export type GraphArchitecture = (typeof graphArchitectures)[number];

/** How the nodes of a graph become one row. */
export const readouts = ['sum', 'mean', 'max'] as const;
export type Readout = (typeof readouts)[number];

/** What a model is built from; plain data, kept in config.json. */
export interface GraphClassifierConfig {
  readonly architecture: GraphArchitecture;
  readonly inChannels: number;
  readonly classes: number;
  /** Default 32. */
  readonly hiddenChannels?: number;
  /** Default 4. */
  readonly numLayers?: number;
  /** Before the last linear map. Default 0.5. */
  readonly dropout?: number;
  /** Default `sum`. */
  readonly readout?: Readout;
  /** Default `raw`. */
  readonly features?: FeatureKind;
  readonly classNames?: readonly string[] | null;
}

/** Gives each graph a score for each class. */
export class GraphClassifier extends ConfiguredModel<GraphClassifierConfig> {
  protected override readonly modelType = modelType;
  readonly gnn: BasicGNN;
  readonly dropout: Dropout;
  readonly lin: Linear;
  override readonly config: GraphClassifierConfig;

  constructor(config: GraphClassifierConfig, generator?: Generator) {
    super();
    const {
      architecture,
      inChannels,
      classes,
      hiddenChannels = 32,
      numLayers = 4,
      dropout = 0.5,
      readout = 'sum',
    } = config;
    check(
      Object.hasOwn(gnns, architecture),
      () => `there is no architecture '${architecture}'; there are ${graphArchitectures.join(', ')}`,
    );
    check(readouts.includes(readout), () => `there is no readout '${readout}'; there are ${readouts.join(', ')}`);
    this.config = config;
    this.gnn = gnns[architecture]({ inChannels, hiddenChannels, numLayers, norm: 'batch_norm', jk: 'cat', generator });
    this.dropout = new Dropout(dropout, { generator });
    this.lin = new Linear(hiddenChannels, classes, { generator });
  }

  get classNames(): readonly string[] {
    return this.config.classNames ?? Array.from({ length: this.config.classes }, (_, id) => `class ${id}`);
  }

  /** The graph with the features that this model takes. @throws InvalidArgumentError when they do not fit */
  prepare(graph: GraphData): GraphData {
    return withFeatures(graph, this.config.features ?? 'raw', this.config.inChannels);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param graphs the graph of each node
   * @returns float32 [graphs, classes], before the softmax
   */
  forward(x: tf.Tensor, edges: EdgeIndex, graphs: functional.Segments, inputs: GNNInputs = {}): tf.Tensor {
    return scope(() => {
      const nodes = this.gnn.forward(x, edges, { ...inputs, batch: graphs });
      return this.lin.forward(this.dropout.forward(reductions[this.config.readout ?? 'sum'](nodes, graphs)));
    });
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GraphClassifier> {
    return loadPretrained(source, graphClassifierFamilies, options);
  }
}

type Options = ConstructorParameters<typeof GIN>[0];

const gnns: Readonly<Record<GraphArchitecture, (options: Options) => BasicGNN>> = {
  gin: (options) => new GIN(options),
  gcn: (options) => new GCN(options),
  sage: (options) => new GraphSAGE(options),
  gat: (options) => new GAT({ ...options, heads: 4, act: 'elu' }),
};

const reductions = {
  sum: functional.segmentSum,
  mean: functional.segmentMean,
  max: functional.segmentMax,
} as const;

const modelType = 'hourglass-graph-classifier';

/** Kinds of checkpoint that {@link GraphClassifier.fromPretrained} reads. */
export const graphClassifierFamilies: ReadonlyArray<ModelFamily<GraphClassifier>> = [
  ownFamily(modelType, (config: GraphClassifierConfig) => new GraphClassifier(config)),
];
