/** EGNN: "E(n) Equivariant Graph Neural Networks", Satorras, Hoogeboom and Welling 2021, arXiv:2102.09844. */
import type * as tf from '@tensorflow/tfjs-core';
import {
  checkCount,
  ConfiguredModel,
  Linear,
  loadPretrained,
  ModuleList,
  ownFamily,
  savePretrained,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type RenameRule,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { EGNNConv, type EGNNConvOptions, type EquivariantState } from '../layers/index.js';

/** What an {@link EGNN} is built from; plain data, kept in config.json. */
export interface EGNNConfig extends Pick<
  EGNNConvOptions,
  'edgeDim' | 'velocity' | 'attention' | 'normalize' | 'tanh' | 'residual' | 'coordsAgg'
> {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Default 4. */
  readonly numLayers?: number;
}

export interface EGNNOptions extends EGNNConfig {
  readonly generator?: Generator | undefined;
}

/** Equivariant layers between two linear maps of the features. */
export class EGNN extends ConfiguredModel<EGNNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: EGNNConfig;
  readonly embedding_in: Linear;
  readonly gcl: ModuleList<EGNNConv>;
  readonly embedding_out: Linear;

  constructor(options: EGNNOptions) {
    super();
    const { generator, ...config } = options;
    const { inChannels, hiddenChannels, outChannels, numLayers = 4, ...layer } = config;
    checkCount('EGNN: numLayers', numLayers);
    this.config = config;
    this.embedding_in = new Linear(inChannels, hiddenChannels, { generator });
    this.gcl = new ModuleList(
      Array.from({ length: numLayers }, () => new EGNNConv(hiddenChannels, { ...layer, generator })),
    );
    this.embedding_out = new Linear(hiddenChannels, outChannels, { generator });
  }

  /** Loads a checkpoint of this library. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<EGNN> {
    return loadPretrained(source, egnnFamilies, options);
  }

  /**
   * @param state features float32 [nodes, inChannels], coordinates, and velocities where the network was made for them
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns features float32 [nodes, outChannels], moved coordinates, and the last layer's velocities
   */
  forward(state: EquivariantState, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): EquivariantState {
    return scope(() => {
      const { velocity } = state;
      let now: EquivariantState = { ...state, h: this.embedding_in.forward(state.h) };
      // every layer is given the first velocities
      for (const layer of this.gcl) now = layer.forward({ ...now, velocity }, edges, edgeAttr);
      return { ...now, h: this.embedding_out.forward(now.h) };
    });
  }

  /** Writes config.json and model.safetensors into a folder, with the names of the authors' code. */
  override savePretrained(folder: string): Promise<void> {
    return savePretrained(this, folder, { config: this.checkpointConfig(), rename });
  }
}

const modelType = 'hourglass-egnn';
const rename: readonly RenameRule[] = [['gcl_{i}.', 'gcl.{i}.']];

/** Kinds of checkpoint that {@link EGNN.fromPretrained} reads. */
export const egnnFamilies: ReadonlyArray<ModelFamily<EGNN>> = [
  { ...ownFamily(modelType, (config: EGNNOptions) => new EGNN(config)), rename },
];
