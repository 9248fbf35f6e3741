/**
 * Classification of nodes by any network of this package, with what is needed to use it on other graphs: names of classes and how
 * features come to it. GCN, GAT, GraphSAGE and GIN as in their files; SGC: "Simplifying Graph Convolutional Networks", Wu et al. 2019,
 * arXiv:1902.07153; APPNP: "Predict then Propagate", Klicpera et al. 2018, arXiv:1810.05997. R-GCN looks at the relations of edges.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Dropout,
  loadPretrained,
  Module,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { GraphData } from '../data/graph.js';
import { withInverseRelations } from '../data/transforms/index.js';
import type { EdgeIndex } from '../edges/index.js';
import { APPNP, SGConv } from '../layers/index.js';
import type { GNNInputs } from './basic-gnn.js';
import { featureKinds, featureWidth, withFeatures } from './features.js';
import { GAT } from './gat.js';
import { GCN } from './gcn.js';
import { GIN } from './gin.js';
import { GraphSAGE } from './graph-sage.js';
import { MLP } from './mlp.js';
import { RGCN } from './rgcn.js';

/** Networks that {@link NodeClassifier} is made of. `mlp` looks at no edge: what a graph must improve on. */
export const nodeArchitectures = ['gcn', 'gat', 'sage', 'gin', 'sgc', 'appnp', 'rgcn', 'mlp'] as const;
export type NodeArchitecture = (typeof nodeArchitectures)[number];

/** How features come to a model; `none` of R-GCN: each node has weights of its own in their place, so that it knows this graph only. */
export const nodeFeatureKinds = [...featureKinds, 'none'] as const;
export type NodeFeatureKind = (typeof nodeFeatureKinds)[number];

/** What a model is built from; plain data, kept in config.json. */
export interface NodeClassifierConfig {
  readonly architecture: NodeArchitecture;
  /** Width of the features; the number of nodes where there are none. */
  readonly inChannels: number;
  readonly classes: number;
  /** Default 16 for GCN and R-GCN as in their papers, otherwise 64. */
  readonly hiddenChannels?: number;
  /** Default 2. */
  readonly numLayers?: number;
  /** Of hidden values, and for GAT of attention. Default 0.5; GAT 0.6; R-GCN none. */
  readonly dropout?: number;
  /** Of features. Default as dropout; SGC none. */
  readonly inputDropout?: number;
  /** Of GAT. Default 8, and one in the last layer. */
  readonly heads?: number;
  /** Hops of SGC (default 2) and APPNP (default 10). */
  readonly hops?: number;
  /** Of APPNP: probability of jumping back. Default 0.1. */
  readonly alpha?: number;
  /** Of R-GCN: relations of the graph's edges, and of how many matrices theirs are mixtures (default: each has its own). */
  readonly numRelations?: number;
  readonly numBases?: number;
  /** Default `normalized`; R-GCN `none`. */
  readonly features?: NodeFeatureKind;
  readonly classNames?: readonly string[] | null;
}

/** How features come to a model of this architecture unless one says otherwise. */
export function usualFeatures(architecture: NodeArchitecture): NodeFeatureKind {
  return architecture === 'rgcn' ? 'none' : 'normalized';
}

/** Width of a graph's features; its number of nodes where they are none. */
export function nodeFeatureWidth(graph: GraphData, kind: NodeFeatureKind): number {
  return kind === 'none' ? graph.numNodes : featureWidth([graph], kind);
}

interface Net extends Module {
  forward(x: tf.Tensor | null, edges: EdgeIndex, inputs?: GNNInputs): tf.Tensor;
}

/** Gives each node a score for each class. */
export class NodeClassifier extends ConfiguredModel<NodeClassifierConfig> {
  protected override readonly modelType = modelType;
  readonly net: Net;
  override readonly config: NodeClassifierConfig;

  constructor(config: NodeClassifierConfig, generator?: Generator) {
    super();
    const { architecture } = config;
    check(
      Object.hasOwn(nets, architecture),
      () => `there is no architecture '${architecture}'; there are ${nodeArchitectures.join(', ')}`,
    );
    this.config = config;
    check(
      this.features !== 'none' || architecture === 'rgcn',
      () => `${architecture} needs features; 'degree' takes the degrees of nodes where there are none`,
    );
    this.net = nets[architecture](config, generator);
  }

  get classNames(): readonly string[] {
    return this.config.classNames ?? Array.from({ length: this.config.classes }, (_, id) => `class ${id}`);
  }

  get features(): NodeFeatureKind {
    return this.config.features ?? usualFeatures(this.config.architecture);
  }

  /** Whether it looks at the relations of edges, and so takes {@link prepare | prepared} graphs as a whole only. */
  get isRelational(): boolean {
    return this.net instanceof Relational;
  }

  /** Parameters next to the features, which some recipes decay alone. */
  get firstLayer(): Module {
    const { net } = this;
    if (net instanceof Propagated) return net.mlp.lins.at(0);
    if (net instanceof Relational) return net.rgcn.convs.at(0);
    return 'convs' in net ? (net as GCN).convs.at(0) : net;
  }

  /**
   * The graph with the features that this model takes, and for R-GCN with the relations back.
   *
   * @throws InvalidArgumentError when features or relations do not fit
   */
  prepare(graph: GraphData): GraphData {
    const {
      features,
      config: { inChannels, numRelations },
    } = this;
    const given = features === 'none' ? graph.with({ x: null }) : withFeatures(graph, features, inChannels);
    if (!this.isRelational) return given;
    check(
      graph.edgeType === null || graph.numRelations === numRelations,
      () => `the model knows ${numRelations} relations, the graph has ${graph.numRelations}`,
    );
    return withInverseRelations(given);
  }

  /**
   * @param x float32 [nodes, inChannels], see {@link prepare}; null where features are `none`
   * @param inputs for R-GCN with typedEdges
   * @returns float32 [nodes, classes], before the softmax
   */
  forward(x: tf.Tensor | null, edges: EdgeIndex, inputs: GNNInputs = {}): tf.Tensor {
    check(
      x !== null || this.features === 'none',
      'the graph has no features; prepare() makes those that the model takes',
    );
    return this.net.forward(x, edges, inputs);
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<NodeClassifier> {
    return loadPretrained(source, nodeClassifierFamilies, options);
  }
}

/** A linear map of features spread over some hops. */
class Simplified extends Module implements Net {
  readonly conv: SGConv;
  readonly inputDropout: Dropout;

  constructor({ inChannels, classes, hops = 2, inputDropout = 0 }: NodeClassifierConfig, generator?: Generator) {
    super();
    this.conv = new SGConv(inChannels, classes, { K: hops, generator });
    this.inputDropout = new Dropout(inputDropout, { generator });
  }

  forward(x: tf.Tensor, edges: EdgeIndex, { edgeWeight = null }: GNNInputs = {}): tf.Tensor {
    return scope(() => this.conv.forward(this.inputDropout.forward(x), edges, edgeWeight));
  }
}

/** An MLP, whose predictions APPNP spreads, if any. */
class Propagated extends Module implements Net {
  readonly mlp: MLP;
  readonly prop: APPNP | null;
  readonly inputDropout: Dropout;

  constructor(config: NodeClassifierConfig, spread: boolean, generator?: Generator) {
    super();
    const {
      inChannels,
      classes,
      hiddenChannels = 64,
      numLayers = 2,
      dropout = 0.5,
      hops: K = 10,
      alpha = 0.1,
    } = config;
    const widths = [inChannels, ...Array.from({ length: numLayers - 1 }, () => hiddenChannels), classes];
    this.mlp = new MLP(widths, { dropout, norm: null, generator });
    this.prop = spread ? new APPNP({ K, alpha, dropout, generator }) : null;
    this.inputDropout = new Dropout(config.inputDropout ?? dropout, { generator });
  }

  forward(x: tf.Tensor, edges: EdgeIndex, { edgeWeight = null }: GNNInputs = {}): tf.Tensor {
    return scope(() => {
      const y = this.mlp.forward(this.inputDropout.forward(x));
      return this.prop === null ? y : this.prop.forward(y, edges, edgeWeight);
    });
  }
}

/** R-GCN, with a relation back for each of the graph's. */
class Relational extends Module implements Net {
  readonly rgcn: RGCN;

  constructor(config: NodeClassifierConfig, generator?: Generator) {
    super();
    const { numRelations = 0, numBases, inputDropout = 0 } = config;
    check(
      numRelations > 0,
      'rgcn needs a graph whose edges have relations, as a folder of triples has; see numRelations',
    );
    check(inputDropout === 0, 'rgcn has no dropout of features');
    const { inputDropout: _, ...sizes } = basic(config, 16, 0);
    this.rgcn = new RGCN({
      ...sizes,
      numRelations: 2 * numRelations,
      ...(numBases === undefined ? {} : { numBases }),
      generator,
    });
  }

  forward(x: tf.Tensor | null, _edges: EdgeIndex, { typedEdges = null }: GNNInputs = {}): tf.Tensor {
    check(typedEdges !== null, 'rgcn needs typedEdges, the edges with their relations');
    return this.rgcn.forward(x, typedEdges);
  }
}

const nets: Readonly<Record<NodeArchitecture, (config: NodeClassifierConfig, generator?: Generator) => Net>> = {
  gcn: (config, generator) => new GCN({ ...basic(config, 16, 0.5), generator }),
  gat: (config, generator) =>
    new GAT({ ...basic(config, 64, 0.6), heads: config.heads ?? 8, outputHeads: 1, act: 'elu', generator }),
  sage: (config, generator) => new GraphSAGE({ ...basic(config, 64, 0.5), generator }),
  gin: (config, generator) => new GIN({ ...basic(config, 64, 0.5), generator }),
  sgc: (config, generator) => new Simplified(config, generator),
  appnp: (config, generator) => new Propagated(config, true, generator),
  rgcn: (config, generator) => new Relational(config, generator),
  mlp: (config, generator) => new Propagated(config, false, generator),
};

function basic(config: NodeClassifierConfig, hidden: number, usualDropout: number) {
  const { inChannels, classes, hiddenChannels = hidden, numLayers = 2, dropout = usualDropout } = config;
  return {
    inChannels,
    hiddenChannels,
    numLayers,
    outChannels: classes,
    dropout,
    inputDropout: config.inputDropout ?? dropout,
  };
}

const modelType = 'hourglass-node-classifier';

/** Kinds of checkpoint that {@link NodeClassifier.fromPretrained} reads. */
export const nodeClassifierFamilies: ReadonlyArray<ModelFamily<NodeClassifier>> = [
  ownFamily(modelType, (config: NodeClassifierConfig) => new NodeClassifier(config)),
];
