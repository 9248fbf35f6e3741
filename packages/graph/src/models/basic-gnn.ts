/**
 * Networks of one kind of convolution, as PyTorch Geometric's `GCN`, `GraphSAGE`, `GIN`, `GAT`, `PNA` and `EdgeCNN`: a family says how
 * a convolution is made and called, everything else is here. Parameters carry the reference's names.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  camelCase,
  checkCount,
  ConfiguredModel,
  Dropout,
  Linear,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  UnsupportedError,
  type functional,
  type Generator,
  type Module,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex, TypedEdges } from '../edges/index.js';
import { checkFeatures } from '../layers/message-passing.js';
import {
  NoNormalization,
  normalizationOf,
  type Normalization,
  type NormalizationOptions,
} from '../layers/normalization/index.js';
import { JumpingKnowledge, type JumpingKnowledgeMode } from './jumping-knowledge.js';
import { normalizeAndActivate } from './mlp.js';
import { fromReference } from './reference-config.js';

/** What every network of this kind is built from; plain data, kept in config.json with its family's own options. */
export interface BasicGNNConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  /** Number of convolutions. */
  readonly numLayers: number;
  /** Width of the result; null leaves the last hidden features as they are. Default null. */
  readonly outChannels: number | null;
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout: number;
  /** Probability of dropping a value of the input. Default 0. */
  readonly inputDropout: number;
  /** A name that core's `activationByName` knows; null for none. Default `relu`. */
  readonly act: string | null;
  /** The activation before the norm. Default false. */
  readonly actFirst: boolean;
  /** A name that {@link normalizationOf} knows; null for none. Default null. */
  readonly norm: string | null;
  /** Options of the norm's class, as `{ mode: 'node' }` of `layer_norm`. Default: none. */
  readonly normOptions?: NormalizationOptions;
  /** Jumping knowledge: a linear map of the last layer's features, or of all layers' together. Default null: none. */
  readonly jk: JumpingKnowledgeMode | 'last' | null;
}

const defaults = {
  outChannels: null,
  dropout: 0,
  inputDropout: 0,
  act: 'relu',
  actFirst: false,
  norm: null,
  jk: null,
} as const satisfies Partial<BasicGNNConfig>;

/** What a constructor takes: widths and depth; the rest has defaults. */
export type BasicGNNOptions<Own extends object = object> = Pick<
  BasicGNNConfig,
  'inChannels' | 'hiddenChannels' | 'numLayers'
> &
  Partial<BasicGNNConfig> &
  Own & {
    /** Draws the weights, and dropout. */
    readonly generator?: Generator | undefined;
  };

/** What a network is given besides features and edges; each family uses what its convolution takes. */
export interface GNNInputs {
  /** float32 [edges] */
  readonly edgeWeight?: tf.Tensor | null;
  /** float32 [edges, width] */
  readonly edgeAttr?: tf.Tensor | null;
  /** The edges with their relations, for relational convolutions. */
  readonly typedEdges?: TypedEdges | null;
  /** The graph of each node, for norms that work graph by graph. */
  readonly batch?: functional.Segments | null;
}

/** What a convolution is made from. */
export interface ConvolutionRequest<Own extends object> {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly config: BasicGNNConfig & Own;
  /** This is the last one and gives the network's result. */
  readonly isOutput: boolean;
  readonly generator?: Generator | undefined;
}

/** What one kind of network adds. */
export interface GNNFamily<Conv extends Module, Own extends object> {
  /** The class's name, here and in the reference. */
  readonly name: string;
  convolution(request: ConvolutionRequest<Own>): Conv;
  run(conv: Conv, x: tf.Tensor, edges: EdgeIndex, inputs: GNNInputs): tf.Tensor;
}

/** Convolutions with a norm, an activation and dropout between them. */
export abstract class BasicGNN<Conv extends Module = Module, Own extends object = object> extends ConfiguredModel<
  BasicGNNConfig & Own
> {
  override readonly config: BasicGNNConfig & Own;
  readonly convs: ModuleList<Conv>;
  readonly norms: ModuleList<Normalization>;
  readonly jk: JumpingKnowledge | null;
  readonly lin: Linear | null;
  readonly act: UnaryModule | null;
  readonly dropout: Dropout;
  readonly inputDropout: Dropout;
  readonly #family: GNNFamily<Conv, Own>;

  protected constructor(family: GNNFamily<Conv, Own>, options: BasicGNNOptions<Own>) {
    super();
    const { generator, ...given } = options;
    const config = { ...defaults, ...given } as BasicGNNConfig & Own;
    const { inChannels, hiddenChannels, numLayers, outChannels, jk, norm, normOptions } = config;
    for (const [name, value] of Object.entries({ inChannels, hiddenChannels, numLayers })) {
      checkCount(`${family.name}: ${name}`, value);
    }
    const random = { generator };
    this.config = config;
    this.#family = family;
    this.convs = new ModuleList(
      Array.from({ length: numLayers }, (_, i) => {
        const isOutput = i === numLayers - 1 && outChannels !== null && jk === null;
        return family.convolution({
          inChannels: i === 0 ? inChannels : hiddenChannels,
          outChannels: isOutput ? outChannels : hiddenChannels,
          config,
          isOutput,
          ...random,
        });
      }),
    );
    this.norms = new ModuleList(
      Array.from({ length: numLayers }, (_, i) =>
        i < numLayers - 1 || jk !== null ? normalizationOf(norm, hiddenChannels, normOptions) : new NoNormalization(),
      ),
    );
    this.jk = jk === null || jk === 'last' ? null : new JumpingKnowledge(jk, hiddenChannels, numLayers, random);
    this.lin =
      jk === null
        ? null
        : new Linear(jk === 'cat' ? numLayers * hiddenChannels : hiddenChannels, outChannels ?? hiddenChannels, random);
    this.act = config.act === null ? null : activationByName(config.act);
    this.dropout = new Dropout(config.dropout, random);
    this.inputDropout = new Dropout(config.inputDropout, random);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels], or [nodes, hiddenChannels] without outChannels
   */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: GNNInputs = {}): tf.Tensor {
    checkFeatures(this.#family.name, x, edges.nodes, this.config.inChannels);
    return scope(() => {
      const layers: tf.Tensor[] = [];
      let y = this.inputDropout.forward(x);
      for (let i = 0; i < this.convs.length; i++) {
        y = this.#family.run(this.convs.at(i), y, edges, inputs);
        if (i === this.convs.length - 1 && this.config.jk === null) break;
        y = normalizeAndActivate(y, this.norms.at(i), this.act, this.config.actFirst, inputs.batch ?? null);
        y = this.dropout.forward(y);
        layers.push(y);
      }
      if (this.jk !== null) y = this.jk.forward(layers);
      return this.lin === null ? y : this.lin.forward(y);
    });
  }

  protected override get modelType(): string {
    return modelTypeOf(this.#family.name);
  }
}

const modelTypeOf = (name: string): string => `hourglass-${name.toLowerCase()}`;

/** The kinds of checkpoint that a network of this name reads: its own, and the reference's with its arguments in config.json. */
export function gnnFamilies<M extends Module, Own extends object>(
  name: string,
  build: (options: BasicGNNOptions<Own>) => M,
): ReadonlyArray<ModelFamily<M>> {
  return [
    ownFamily(modelTypeOf(name), build),
    fromReference(`torch_geometric.nn.${name}(`, ({ normKwargs, actKwargs, ...args }) => {
      if (Object.keys((actKwargs ?? {}) as object).length > 0) {
        throw new UnsupportedError(
          `${name}: activations are made by name with their usual settings; the checkpoint's has ${JSON.stringify(actKwargs)}`,
        );
      }
      const normOptions = normKwargs ? { normOptions: camelCase(normKwargs as Record<string, unknown>) } : {};
      return build({ ...args, ...normOptions } as unknown as BasicGNNOptions<Own>);
    }),
  ];
}

/** Loads a network of one of these kinds. */
export function loadGNN<M extends Module>(
  source: string,
  families: ReadonlyArray<ModelFamily<M>>,
  options?: OpenOptions,
): Promise<M> {
  return loadPretrained(source, families, options);
}
