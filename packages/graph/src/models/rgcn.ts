/**
 * R-GCN: "Modeling Relational Data with Graph Convolutional Networks", Schlichtkrull et al. 2017, arXiv:1703.06103. Parameters of the
 * layers as PyTorch Geometric's RGCNConv.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  Dropout,
  init,
  loadPretrained,
  Module,
  ModuleList,
  ownFamily,
  Parameter,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { TypedEdges } from '../edges/index.js';
import { DistMultDecoder, RGCNConv, type RelationalFeatures, type RGCNConvOptions } from '../layers/index.js';
import type { TripleScorer } from '../metrics/ranking.js';

/** What an {@link RGCN} is built from; plain data, kept in config.json. */
export interface RGCNConfig extends Pick<RGCNConvOptions, 'numBases' | 'numBlocks' | 'aggr'> {
  /** Width of the features; the number of nodes where they have none. */
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Relations of the edges, those that lead back too. */
  readonly numRelations: number;
  /** Default 2. */
  readonly numLayers?: number;
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout?: number;
}

export interface RGCNOptions extends RGCNConfig {
  readonly generator?: Generator | undefined;
}

function layersOf(config: RGCNConfig, generator: Generator | undefined): ModuleList<RGCNConv> {
  const { inChannels, hiddenChannels, outChannels, numRelations, numLayers = 2, numBases, numBlocks, aggr } = config;
  checkCount('RGCN: numLayers', numLayers);
  return new ModuleList(
    Array.from({ length: numLayers }, (_, i) => {
      const [inputs, outputs] = [
        i === 0 ? inChannels : hiddenChannels,
        i === numLayers - 1 ? outChannels : hiddenChannels,
      ];
      return new RGCNConv(inputs, outputs, numRelations, { numBases, numBlocks, aggr, generator });
    }),
  );
}

/** Relational convolutions with ReLU and dropout between them. For use inside a scope. */
function throughLayers(
  convs: ModuleList<RGCNConv>,
  dropout: Dropout,
  x: RelationalFeatures,
  edges: TypedEdges,
): tf.Tensor {
  const [first, ...rest] = convs;
  return rest.reduce((y, conv) => conv.forward(dropout.forward(tf.relu(y)), edges), first!.forward(x, edges));
}

/** Relational convolutions, for classes of entities among others. */
export class RGCN extends ConfiguredModel<RGCNConfig> {
  protected override readonly modelType = rgcnType;
  override readonly config: RGCNConfig;
  readonly convs: ModuleList<RGCNConv>;
  readonly dropout: Dropout;

  constructor(options: RGCNOptions) {
    super();
    const { generator, ...config } = options;
    this.config = config;
    this.convs = layersOf(config, generator);
    this.dropout = new Dropout(config.dropout ?? 0, { generator });
  }

  /** Loads a checkpoint of this library. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<RGCN> {
    return loadPretrained(source, rgcnFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels], or null for nodes without features
   * @returns float32 [nodes, outChannels]
   */
  forward(x: RelationalFeatures, edges: TypedEdges): tf.Tensor {
    return scope(() => throughLayers(this.convs, this.dropout, x, edges));
  }
}

/** What a {@link RelationalAutoencoder} is built from; plain data, kept in config.json. */
export interface RelationalAutoencoderConfig extends Pick<
  RGCNConfig,
  'numBases' | 'numBlocks' | 'aggr' | 'numLayers' | 'dropout' | 'numRelations'
> {
  /** Number of entities. */
  readonly numNodes: number;
  /** Width of the embeddings. */
  readonly hiddenChannels: number;
}

export interface RelationalAutoencoderOptions extends RelationalAutoencoderConfig {
  readonly generator?: Generator | undefined;
}

/** Learned embeddings of the entities, and relational convolutions of them. */
class RelationalEncoder extends Module {
  /** [entities, hiddenChannels] */
  readonly node_emb: Parameter;
  readonly convs: ModuleList<RGCNConv>;
  readonly dropout: Dropout;

  constructor({ generator, ...config }: RelationalAutoencoderOptions) {
    super();
    const { numNodes, hiddenChannels } = config;
    this.node_emb = new Parameter(tf.zeros([numNodes, hiddenChannels]));
    init.xavierUniform(this.node_emb, { generator });
    this.convs = layersOf({ ...config, inChannels: hiddenChannels, outChannels: hiddenChannels }, generator);
    this.dropout = new Dropout(config.dropout ?? 0, { generator });
  }

  /** @returns float32 [entities, hiddenChannels] */
  forward(edges: TypedEdges): tf.Tensor {
    return scope(() => throughLayers(this.convs, this.dropout, this.node_emb.value, edges));
  }
}

/**
 * Prediction of links in knowledge graphs: relational convolutions encode each entity by what is known of its neighbours, DistMult
 * scores triples of the codes. Edges have numRelations types, usually with each relation there and back ({@link relationalEdges}).
 */
export class RelationalAutoencoder extends ConfiguredModel<RelationalAutoencoderConfig> {
  protected override readonly modelType = autoencoderType;
  override readonly config: RelationalAutoencoderConfig;
  readonly encoder: RelationalEncoder;
  readonly decoder: DistMultDecoder;

  constructor(options: RelationalAutoencoderOptions) {
    super();
    const { generator, ...config } = options;
    this.config = config;
    this.encoder = new RelationalEncoder(options);
    this.decoder = new DistMultDecoder(config.hiddenChannels, config.numRelations, { generator });
  }

  /** Loads a checkpoint of this library. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<RelationalAutoencoder> {
    return loadPretrained(source, relationalAutoencoderFamilies, options);
  }

  /** Number of entities. */
  get numNodes(): number {
    return this.config.numNodes;
  }

  get numRelations(): number {
    return this.config.numRelations;
  }

  /** Codes of the entities, float32 [entities, hiddenChannels], from what is known. */
  encode(edges: TypedEdges): tf.Tensor {
    check(
      edges.edges.nodes === this.numNodes,
      () => `RelationalAutoencoder: made for ${this.numNodes} entities, the graph has ${edges.edges.nodes}`,
    );
    return this.encoder.forward(edges);
  }

  /** Scores of n triples, float32 [n]; entities and relations int32 [n]. */
  forward(edges: TypedEdges, head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => this.scorer(this.encode(edges)).forward(head, relation, tail));
  }

  /** Scores by codes that {@link encode} gave; it lives as long as they do. */
  scorer(codes: tf.Tensor): RelationalScorer {
    return new RelationalScorer(codes, this.decoder.rel_emb.weight.value);
  }
}

/** DistMult of given codes: Σ h r t, the same for both directions. */
export class RelationalScorer implements TripleScorer {
  // private, since `scope` frees or keeps what it finds in public fields
  readonly #codes: tf.Tensor;
  readonly #relations: tf.Tensor;

  /**
   * @param codes float32 [entities, channels]
   * @param relations float32 [relations, channels]
   */
  constructor(codes: tf.Tensor, relations: tf.Tensor) {
    this.#codes = codes;
    this.#relations = relations;
  }

  get numNodes(): number {
    return this.#codes.shape[0]!;
  }

  get numRelations(): number {
    return this.#relations.shape[0]!;
  }

  /** Scores of n triples: [n]. */
  forward(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => tf.sum(tf.mul(this.#query(head, relation), tf.gather(this.#codes, tail as tf.Tensor1D)), -1));
  }

  /** Scores of every entity as the tail of n queries: [n, entities]. */
  scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => tf.matMul(this.#query(head, relation), this.#codes, false, true));
  }

  /** Scores of every entity as the head of n queries: [n, entities]. */
  scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.scoreTails(tail, relation);
  }

  /** Magnitudes of what a triple is scored by, each [n, channels]. For regularisers. */
  factors(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor[] {
    return [
      tf.gather(this.#codes, head as tf.Tensor1D),
      tf.gather(this.#relations, relation as tf.Tensor1D),
      tf.gather(this.#codes, tail as tf.Tensor1D),
    ].map((x) => tf.abs(x));
  }

  #query(entity: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return tf.mul(tf.gather(this.#codes, entity as tf.Tensor1D), tf.gather(this.#relations, relation as tf.Tensor1D));
  }
}

const rgcnType = 'hourglass-rgcn';
const autoencoderType = 'hourglass-relational-autoencoder';

/** Kinds of checkpoint that {@link RGCN.fromPretrained} reads. */
export const rgcnFamilies: ReadonlyArray<ModelFamily<RGCN>> = [
  ownFamily(rgcnType, (config: RGCNOptions) => new RGCN(config)),
];

/** Kinds of checkpoint that {@link RelationalAutoencoder.fromPretrained} reads. */
export const relationalAutoencoderFamilies: ReadonlyArray<ModelFamily<RelationalAutoencoder>> = [
  ownFamily(autoencoderType, (config: RelationalAutoencoderOptions) => new RelationalAutoencoder(config)),
];
