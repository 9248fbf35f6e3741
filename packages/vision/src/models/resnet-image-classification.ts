/**
 * ResNet with the names and options of transformers' `ResNetForImageClassification` (Apache-2.0), for its public checkpoints
 * (microsoft/resnet-50 and others). He et al. 2015, Deep Residual Learning for Image Recognition (arXiv 1512.03385). Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  check,
  Conv2d,
  functional,
  Linear,
  loadPretrained,
  losses,
  MaxPool2d,
  Module,
  ModuleList,
  savePretrained,
  scope,
  Sequential,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { initialiseResNet } from '../layers/initialise.js';
import { checkPicture } from './encoders/resnet.js';

type Activation = (x: tf.Tensor) => tf.Tensor;

const activations: Readonly<Record<string, Activation>> = {
  relu: tf.relu,
  gelu: (x) => functional.gelu(x),
  gelu_new: (x) => functional.gelu(x, { approximate: 'tanh' }),
  silu: (x) => functional.silu(x),
  swish: (x) => functional.silu(x),
  selu: tf.selu,
  elu: tf.elu,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  leaky_relu: (x) => tf.leakyRelu(x, 0.01),
  relu6: tf.relu6,
  linear: (x) => tf.clone(x),
};

/** config.json of these checkpoints, as far as it matters here. */
export interface ResNetImageConfig {
  readonly num_channels: number;
  readonly embedding_size: number;
  readonly hidden_sizes: readonly number[];
  readonly depths: readonly number[];
  readonly layer_type: 'basic' | 'bottleneck';
  readonly hidden_act: string;
  readonly downsample_in_first_stage: boolean;
  readonly downsample_in_bottleneck: boolean;
  readonly num_labels: number;
  readonly problem_type: 'regression' | 'single_label_classification' | 'multi_label_classification' | null;
  /** Names of the labels by their number. */
  readonly id2label?: Readonly<Record<string, string>>;
}

interface ConvOptions {
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly activation?: Activation | null;
  readonly generator: Generator | undefined;
}

class ConvLayer extends Module {
  readonly convolution: Conv2d;
  readonly normalization: BatchNorm2d;
  readonly #activation: Activation | null;

  constructor(inChannels: number, outChannels: number, options: ConvOptions) {
    super();
    const { kernelSize = 3, stride = 1, activation = tf.relu, generator } = options;
    this.convolution = new Conv2d(inChannels, outChannels, {
      kernelSize,
      stride,
      padding: Math.floor(kernelSize / 2),
      bias: false,
      ...(generator && { generator }),
    });
    this.normalization = new BatchNorm2d(outChannels);
    this.#activation = activation;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.normalization.forward(this.convolution.forward(x));
      return this.#activation === null ? y : this.#activation(y);
    });
  }
}

class ResidualLayer extends Module {
  readonly shortcut?: ConvLayer;
  readonly layer: Sequential;
  readonly #activation: Activation;

  constructor(
    config: ResNetImageConfig,
    inChannels: number,
    outChannels: number,
    stride: number,
    generator: Generator | undefined,
  ) {
    super();
    this.#activation = activationOf(config);
    const conv = (from: number, to: number, options: Partial<ConvOptions>): ConvLayer =>
      new ConvLayer(from, to, { ...options, generator });
    const last = { activation: null };
    if (inChannels !== outChannels || stride !== 1) {
      this.shortcut = conv(inChannels, outChannels, { kernelSize: 1, stride, ...last });
    }
    if (config.layer_type === 'basic') {
      this.layer = new Sequential(conv(inChannels, outChannels, { stride }), conv(outChannels, outChannels, last));
      return;
    }
    const inner = Math.floor(outChannels / 4);
    const early = config.downsample_in_bottleneck;
    this.layer = new Sequential(
      conv(inChannels, inner, { kernelSize: 1, stride: early ? stride : 1 }),
      conv(inner, inner, { stride: early ? 1 : stride }),
      conv(inner, outChannels, { kernelSize: 1, ...last }),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.#activation(tf.add(this.layer.forward(x), this.shortcut?.forward(x) ?? x)));
  }
}

function activationOf(config: ResNetImageConfig): Activation {
  const activation = activations[config.hidden_act];
  check(
    activation !== undefined,
    `unknown hidden_act '${config.hidden_act}'; known are ${Object.keys(activations).join(', ')}`,
  );
  return activation;
}

class Stem extends Module {
  readonly embedder: ConvLayer;
  readonly pooler = new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 });

  constructor(config: ResNetImageConfig, generator: Generator | undefined) {
    super();
    const activation = activationOf(config);
    this.embedder = new ConvLayer(config.num_channels, config.embedding_size, {
      kernelSize: 7,
      stride: 2,
      activation,
      generator,
    });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.pooler.forward(this.embedder.forward(x)));
  }
}

class Stage extends Module {
  readonly layers: Sequential;

  constructor(config: ResNetImageConfig, index: number, generator: Generator | undefined) {
    super();
    const sizes = [config.embedding_size, ...config.hidden_sizes];
    const [before, size] = [sizes[index]!, sizes[index + 1]!];
    const stride = index === 0 && !config.downsample_in_first_stage ? 1 : 2;
    this.layers = new Sequential(
      ...Array.from({ length: config.depths[index]! }, (_, i) =>
        i === 0
          ? new ResidualLayer(config, before, size, stride, generator)
          : new ResidualLayer(config, size, size, 1, generator),
      ),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.layers.forward(x));
  }
}

class Stages extends Module {
  readonly stages: ModuleList<Stage>;

  constructor(config: ResNetImageConfig, generator: Generator | undefined) {
    super();
    this.stages = new ModuleList(config.hidden_sizes.map((_, i) => new Stage(config, i, generator)));
  }
}

/** Stem and stages, without a head. */
export class ResNetImageModel extends Module {
  readonly embedder: Stem;
  readonly encoder: Stages;
  readonly pooler = new AdaptiveAvgPool2d(1);
  readonly #channels: number;

  constructor(config: ResNetImageConfig, generator?: Generator) {
    super();
    this.#channels = config.num_channels;
    this.embedder = new Stem(config, generator);
    this.encoder = new Stages(config, generator);
  }

  /** Pictures [N, H, W, channels] to the stem's result and each stage's, and their mean over all positions [N, C]. */
  forward(x: tf.Tensor): { hiddenStates: tf.Tensor[]; pooled: tf.Tensor } {
    checkPicture(x, this.#channels);
    return scope(() => {
      const hiddenStates = [this.embedder.forward(x)];
      for (const stage of this.encoder.stages) hiddenStates.push(stage.forward(hiddenStates.at(-1)!));
      const pooled = this.pooler.forward(hiddenStates.at(-1)!);
      return { hiddenStates, pooled: tf.reshape(pooled, [pooled.shape[0]!, -1]) };
    });
  }
}

export interface ResNetImageOutputs {
  /** [N, labels] */
  readonly logits: tf.Tensor;
  /** The stem's result and each stage's, [N, H, W, C]. */
  readonly hiddenStates: tf.Tensor[];
  /** Scalar, when labels were given. */
  readonly loss?: tf.Tensor;
}

export class ResNetForImageClassification extends Module {
  readonly config: ResNetImageConfig;
  readonly resnet: ResNetImageModel;
  readonly classifier: Sequential;

  constructor(config: ResNetImageConfig, generator?: Generator) {
    super();
    check(
      config.depths.length === config.hidden_sizes.length && config.depths.length > 0,
      'depths and hidden_sizes must have one entry for each stage',
    );
    this.config = config;
    this.resnet = new ResNetImageModel(config, generator);
    // the place of the reference's flattening layer stays empty
    this.classifier = new Sequential(
      null,
      new Linear(config.hidden_sizes.at(-1)!, config.num_labels, generator && { generator }),
    );
    initialiseResNet(this, generator);
  }

  static fromPretrained(source: string, options?: OpenOptions): Promise<ResNetForImageClassification> {
    return loadPretrained(source, [resnetImageFamily], options);
  }

  savePretrained(folder: string): Promise<void> {
    const { num_labels: count, id2label: given, ...config } = this.config;
    const id2label = given ?? Object.fromEntries(Array.from({ length: count }, (_, i) => [i, `LABEL_${i}`]));
    const label2id = Object.fromEntries(Object.entries(id2label).map(([id, label]) => [label, Number(id)]));
    const architectures = ['ResNetForImageClassification'];
    return savePretrained(this, folder, {
      config: { architectures, model_type: 'resnet', ...config, id2label, label2id },
    });
  }

  /** Normalised pictures [N, H, W, channels] to logits [N, labels]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.classifier.forward(this.resnet.forward(x).pooled));
  }

  /**
   * Logits, hidden states and, with labels, the loss that `problem_type` names: int32 [N] for one label a picture, float32
   * [N, labels] for many labels or regression. Without a `problem_type` one output is regression, and integers are single labels.
   */
  outputs(x: tf.Tensor, labels?: tf.Tensor): ResNetImageOutputs {
    return scope(() => {
      const { hiddenStates, pooled } = this.resnet.forward(x);
      const logits = this.classifier.forward(pooled);
      return {
        logits,
        hiddenStates,
        ...(labels && { loss: losses.problemLoss(logits, labels, this.config.problem_type) }),
      };
    });
  }
}

/** Fills in transformers' defaults. */
function readConfig(config: Config): ResNetImageConfig {
  const given = config as Partial<ResNetImageConfig>;
  const { id2label } = given;
  return {
    num_channels: given.num_channels ?? 3,
    embedding_size: given.embedding_size ?? 64,
    hidden_sizes: given.hidden_sizes ?? [256, 512, 1024, 2048],
    depths: given.depths ?? [3, 4, 6, 3],
    layer_type: given.layer_type ?? 'bottleneck',
    hidden_act: given.hidden_act ?? 'relu',
    downsample_in_first_stage: given.downsample_in_first_stage ?? false,
    downsample_in_bottleneck: given.downsample_in_bottleneck ?? false,
    num_labels: id2label === undefined ? (given.num_labels ?? 2) : Object.keys(id2label).length,
    problem_type: given.problem_type ?? null,
    ...(id2label && { id2label }),
  };
}

export const resnetImageFamily: ModelFamily<ResNetForImageClassification> = {
  modelType: 'resnet',
  matches: (config) =>
    config['model_type'] === 'resnet' &&
    (config['architectures'] as readonly string[] | undefined)?.[0] !== 'ResNetModel' &&
    (config['architectures'] as readonly string[] | undefined)?.[0] !== 'ResNetBackbone',
  build: (config) => new ResNetForImageClassification(readConfig(config)),
};
