/**
 * "Conformer: Convolution-augmented Transformer for Speech Recognition", Gulati et al. 2020, arXiv:2005.08100, as
 * `torchaudio.models.Conformer` has it (BSD-2-Clause), whose parameter names and checkpoints it takes.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  check,
  ConfiguredModel,
  Conv1d,
  Dropout,
  GLU,
  GroupNorm,
  LayerNorm,
  Linear,
  loadPretrained,
  Module,
  ModuleList,
  MultiheadAttention,
  ownFamily,
  scope,
  Sequential,
  SiLU,
  type Generator,
  type losses,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { torchaudioFamily } from '../torchaudio.js';
import { checkFeatures, lengthsOf, paddingMask } from './lengths.js';

/** What a {@link Conformer} is built from: torchaudio's arguments. */
export interface ConformerConfig {
  /** Features of a frame, also within. */
  readonly inputDim: number;
  readonly numHeads: number;
  /** Width of the feed-forward modules. */
  readonly ffnDim: number;
  readonly numLayers: number;
  /** Odd. */
  readonly depthwiseConvKernelSize: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Normalise each utterance in the convolution module, not the batch. Default false. */
  readonly useGroupNorm?: boolean;
  /** The convolution module comes before the attention. Default false. */
  readonly convolutionFirst?: boolean;
}

class FeedForwardModule extends Module implements UnaryModule {
  readonly sequential: Sequential;

  constructor(inputDim: number, hiddenDim: number, dropout: number, generator?: Generator) {
    super();
    this.sequential = new Sequential(
      new LayerNorm(inputDim),
      new Linear(inputDim, hiddenDim, { generator }),
      new SiLU(),
      new Dropout(dropout, { generator }),
      new Linear(hiddenDim, inputDim, { generator }),
      new Dropout(dropout, { generator }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.sequential.forward(x);
  }
}

class ConvolutionModule extends Module implements UnaryModule {
  readonly layer_norm: LayerNorm;
  readonly sequential: Sequential;

  constructor(channels: number, kernelSize: number, dropout: number, useGroupNorm: boolean, generator?: Generator) {
    super();
    check(
      Number.isInteger(kernelSize) && kernelSize % 2 === 1,
      `Conformer: the depthwise kernel is ${kernelSize} frames wide; it must be odd, so that frames stay where they are`,
    );
    this.layer_norm = new LayerNorm(channels);
    this.sequential = new Sequential(
      new Conv1d(channels, 2 * channels, { kernelSize: 1, generator }),
      new GLU(),
      new Conv1d(channels, channels, { kernelSize, padding: (kernelSize - 1) / 2, groups: channels, generator }),
      useGroupNorm ? new GroupNorm(1, channels) : new BatchNorm1d(channels),
      new SiLU(),
      new Conv1d(channels, channels, { kernelSize: 1, generator }),
      new Dropout(dropout, { generator }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.sequential.forward(this.layer_norm.forward(x)));
  }
}

/** Half a feed-forward module, attention, convolution, and the other half. */
export class ConformerLayer extends Module {
  readonly ffn1: FeedForwardModule;
  readonly self_attn_layer_norm: LayerNorm;
  readonly self_attn: MultiheadAttention;
  readonly self_attn_dropout: Dropout;
  readonly conv_module: ConvolutionModule;
  readonly ffn2: FeedForwardModule;
  readonly final_layer_norm: LayerNorm;
  readonly convolutionFirst: boolean;

  constructor(config: Omit<ConformerConfig, 'numLayers'>, generator?: Generator) {
    super();
    const { inputDim, numHeads, ffnDim, depthwiseConvKernelSize, dropout = 0, useGroupNorm = false } = config;
    this.ffn1 = new FeedForwardModule(inputDim, ffnDim, dropout, generator);
    this.self_attn_layer_norm = new LayerNorm(inputDim);
    this.self_attn = new MultiheadAttention(inputDim, numHeads, { dropout, batchFirst: true, generator });
    this.self_attn_dropout = new Dropout(dropout, { generator });
    this.conv_module = new ConvolutionModule(inputDim, depthwiseConvKernelSize, dropout, useGroupNorm, generator);
    this.ffn2 = new FeedForwardModule(inputDim, ffnDim, dropout, generator);
    this.final_layer_norm = new LayerNorm(inputDim);
    this.convolutionFirst = config.convolutionFirst ?? false;
  }

  /** @param x float32 [N, T, inputDim] @param keyPaddingMask bool [N, T], true is not seen; null: all is */
  forward(x: tf.Tensor, keyPaddingMask: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const attend = (x: tf.Tensor): tf.Tensor => {
        const y = this.self_attn_layer_norm.forward(x);
        const { output } = this.self_attn.forward(y, y, y, { keyPaddingMask, needWeights: false });
        return tf.add(x, this.self_attn_dropout.forward(output));
      };
      const convolve = (x: tf.Tensor): tf.Tensor => tf.add(x, this.conv_module.forward(x));
      const half = (x: tf.Tensor, part: UnaryModule): tf.Tensor => tf.add(x, tf.mul(part.forward(x), 0.5));
      const first = half(x, this.ffn1);
      const mixed = this.convolutionFirst ? attend(convolve(first)) : convolve(attend(first));
      return this.final_layer_norm.forward(half(mixed, this.ffn2));
    });
  }
}

/** Encodes frames of features, each seeing all of its utterance. */
export class Conformer extends ConfiguredModel<ConformerConfig> {
  protected override readonly modelType = modelType;
  override readonly config: ConformerConfig;
  readonly conformer_layers: ModuleList<ConformerLayer>;

  /** @throws InvalidArgumentError for an even kernel, or features that do not divide into the heads */
  constructor(config: ConformerConfig, generator?: Generator) {
    super();
    this.config = config;
    this.conformer_layers = new ModuleList(
      Array.from({ length: config.numLayers }, () => new ConformerLayer(config, generator)),
    );
  }

  /**
   * Frames beyond an utterance's end are not attended to. The convolutions do reach over the end, as in the reference: a valid frame
   * within half a kernel of it changes with what stands there, so let that be the same always.
   *
   * @param x float32 [N, T, inputDim]
   * @param lengths valid frames of each; default T
   * @returns float32 [N, T, inputDim]
   * @throws InvalidArgumentError for other shapes and lengths that do not fit
   */
  forward(x: tf.Tensor, lengths?: losses.Integers): tf.Tensor {
    checkFeatures('Conformer', x, this.config.inputDim);
    return scope(() => {
      const mask = paddingMask(lengthsOf('Conformer', lengths, x.shape[0], x.shape[1]), x.shape[1]);
      let y: tf.Tensor = x;
      for (const layer of this.conformer_layers) y = layer.forward(y, mask);
      return y;
    });
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Conformer> {
    return loadPretrained(source, conformerFamilies, options);
  }
}

const modelType = 'hourglass-conformer';

/** Kinds of checkpoint that {@link Conformer.fromPretrained} reads. */
export const conformerFamilies: ReadonlyArray<ModelFamily<Conformer>> = [
  ownFamily(modelType, (config: ConformerConfig) => new Conformer(config)),
  torchaudioFamily(
    'Conformer',
    [
      'inputDim',
      'numHeads',
      'ffnDim',
      'numLayers',
      'depthwiseConvKernelSize',
      'dropout',
      'useGroupNorm',
      'convolutionFirst',
    ],
    (config: ConformerConfig) => new Conformer(config),
  ),
];
