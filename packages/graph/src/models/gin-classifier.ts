/** Classification of graphs with GIN: "How Powerful are Graph Neural Networks?", Xu et al. 2018, arXiv:1810.00826. */
import type * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  functional,
  Linear,
  loadPretrained,
  ownFamily,
  scope,
  type Checkpoint,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { GIN, type GINOptions } from './gin.js';
import { fromReference } from './reference-config.js';

export type GINGraphClassifierOptions = Omit<GINOptions, 'outChannels'> & {
  readonly classes: number;
};

/** A {@link GIN} with batch norm, the sum of each graph's nodes, and a linear map. */
export class GINGraphClassifier extends ConfiguredModel<Omit<GINGraphClassifierOptions, 'generator'>> {
  protected override readonly modelType = modelType;
  readonly gin: GIN;
  readonly lin: Linear;

  constructor(options: GINGraphClassifierOptions) {
    super();
    const { classes, ...given } = options;
    this.gin = new GIN({ norm: 'batch_norm', ...given });
    this.lin = new Linear(given.hiddenChannels, classes, { generator: given.generator });
  }

  override get config(): Omit<GINGraphClassifierOptions, 'generator'> {
    const { outChannels: _none, ...config } = this.gin.config;
    return { ...config, classes: this.lin.outFeatures };
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with the same parts. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GINGraphClassifier> {
    return loadPretrained(source, ginGraphClassifierFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param batch the graph of each node
   * @returns float32 [graphs, classes]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, batch: functional.Segments): tf.Tensor {
    return scope(() => this.lin.forward(functional.segmentSum(this.gin.forward(x, edges, { batch }), batch)));
  }
}

const modelType = 'hourglass-gin-graph-classifier';

/** Kinds of checkpoint that {@link GINGraphClassifier.fromPretrained} reads. */
export const ginGraphClassifierFamilies: ReadonlyArray<ModelFamily<GINGraphClassifier>> = [
  ownFamily(modelType, (config: GINGraphClassifierOptions) => new GINGraphClassifier(config)),
  fromReference('GIN + global_add_pool + Linear', (_, { tensors }) => new GINGraphClassifier(sizesOf(tensors))),
];

/** Widths and depth as the stored tensors have them. */
function sizesOf({ specs }: Checkpoint['tensors']): GINGraphClassifierOptions {
  const shape = (name: string): readonly number[] => specs.get(name)?.shape ?? [];
  const numLayers = [...specs.keys()].filter((name) => /^gin\.convs\.\d+\.eps$/.test(name)).length;
  const [classes, hiddenChannels] = shape('lin.weight');
  const inChannels = shape('gin.convs.0.nn.lins.0.weight')[1];
  return { inChannels: inChannels!, hiddenChannels: hiddenChannels!, numLayers, classes: classes! };
}
