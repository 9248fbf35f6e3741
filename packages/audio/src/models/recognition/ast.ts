/**
 * The Audio Spectrogram Transformer (Gong et al. 2021, arXiv:2104.01778): patches of a spectrogram, read as pictures are. With the names
 * and options of transformers' `ASTForAudioClassification` (Apache-2.0). Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  ConfiguredModel,
  Conv2d,
  Dropout,
  initialiseNormal,
  LayerNorm,
  Linear,
  loadPretrained,
  losses,
  Module,
  ModuleList,
  Parameter,
  ProjectedAttention,
  savePretrained,
  scope,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type RenameRule,
  type UnaryModule,
} from '@hourglass/core';

/** What a model is made of, with transformers' names. */
export interface ASTSettings {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: string;
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  readonly initializer_range: number;
  readonly layer_norm_eps: number;
  /** Side of a patch, in mel bins and frames. */
  readonly patch_size: number;
  readonly qkv_bias: boolean;
  readonly frequency_stride: number;
  readonly time_stride: number;
  /** Frames of each spectrogram. */
  readonly max_length: number;
  readonly num_mel_bins: number;
  readonly num_labels: number;
}

/** config.json: what differs from transformers' defaults, and whatever else the file says. */
export type ASTConfig = Partial<ASTSettings> & {
  readonly problem_type?: losses.ProblemType | null;
  /** Names of the labels by their number. */
  readonly id2label?: Readonly<Record<string, string>>;
} & Config;

function settingsOf(config: ASTConfig): ASTSettings {
  const { id2label } = config;
  const settings: ASTSettings = {
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    patch_size: 16,
    qkv_bias: true,
    frequency_stride: 10,
    time_stride: 10,
    max_length: 1024,
    num_mel_bins: 128,
    num_labels: id2label === undefined ? 2 : Object.keys(id2label).length,
    ...config,
  };
  const { patch_size, max_length, num_mel_bins } = settings;
  check(
    Number.isInteger(patch_size) && patch_size > 0 && patch_size <= Math.min(max_length, num_mel_bins),
    () =>
      `patches of ${String(patch_size)} do not fit into spectrograms of ${max_length} frames and ${num_mel_bins} bins`,
  );
  return settings;
}

class PatchEmbeddings extends Module implements UnaryModule {
  readonly projection: Conv2d;

  constructor({ hidden_size, patch_size, frequency_stride, time_stride }: ASTSettings, generator?: Generator) {
    super();
    const sizes = { kernelSize: patch_size, stride: [frequency_stride, time_stride] };
    this.projection = new Conv2d(1, hidden_size, { ...sizes, generator });
  }

  /** [N, frames, bins] to [N, patches, hidden], one frequency after the other. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const patches = this.projection.forward(tf.expandDims(tf.transpose(x, [0, 2, 1]), -1));
      return tf.reshape(patches, [x.shape[0]!, -1, patches.shape[3]!]);
    });
  }
}

class Embeddings extends Module implements UnaryModule {
  readonly cls_token: Parameter;
  readonly distillation_token: Parameter;
  readonly patch_embeddings: PatchEmbeddings;
  readonly position_embeddings: Parameter;
  readonly dropout: Dropout;

  constructor(settings: ASTSettings, generator?: Generator) {
    super();
    const { hidden_size, patch_size, frequency_stride, time_stride, max_length, num_mel_bins } = settings;
    const steps = (size: number, stride: number): number => Math.floor((size - patch_size) / stride) + 1;
    const patches = steps(num_mel_bins, frequency_stride) * steps(max_length, time_stride);
    this.cls_token = new Parameter(tf.zeros([1, 1, hidden_size]));
    this.distillation_token = new Parameter(tf.zeros([1, 1, hidden_size]));
    this.patch_embeddings = new PatchEmbeddings(settings, generator);
    this.position_embeddings = new Parameter(tf.zeros([1, patches + 2, hidden_size]));
    this.dropout = new Dropout(settings.hidden_dropout_prob, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const token = ({ value }: Parameter): tf.Tensor => tf.tile(value, [x.shape[0]!, 1, 1]);
      const patches = this.patch_embeddings.forward(x);
      const all = tf.concat([token(this.cls_token), token(this.distillation_token), patches], 1);
      return this.dropout.forward(tf.add(all, this.position_embeddings.value));
    });
  }
}

class FeedForward extends Module implements UnaryModule {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly #activation: UnaryModule;

  constructor({ hidden_size, intermediate_size, hidden_act }: ASTSettings, generator?: Generator) {
    super();
    this.fc1 = new Linear(hidden_size, intermediate_size, { generator });
    this.fc2 = new Linear(intermediate_size, hidden_size, { generator });
    this.#activation = activationByName(hidden_act);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.fc2.forward(this.#activation.forward(this.fc1.forward(x))));
  }
}

class Layer extends Module implements UnaryModule {
  readonly attention: ProjectedAttention;
  readonly layernorm_before: LayerNorm;
  readonly layernorm_after: LayerNorm;
  readonly mlp: FeedForward;
  readonly dropout: Dropout;

  constructor(settings: ASTSettings, generator?: Generator) {
    super();
    const { hidden_size, num_attention_heads, qkv_bias: bias, layer_norm_eps: eps } = settings;
    this.attention = new ProjectedAttention(hidden_size, num_attention_heads, {
      bias: { query: bias, key: bias, value: bias },
      dropout: settings.attention_probs_dropout_prob,
      outputName: 'o_proj',
      generator,
    });
    this.layernorm_before = new LayerNorm(hidden_size, { eps });
    this.layernorm_after = new LayerNorm(hidden_size, { eps });
    this.mlp = new FeedForward(settings, generator);
    this.dropout = new Dropout(settings.hidden_dropout_prob, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const { output } = this.attention.forward(this.layernorm_before.forward(x));
      const attended = tf.add(x, this.dropout.forward(output));
      return tf.add(attended, this.dropout.forward(this.mlp.forward(this.layernorm_after.forward(attended))));
    });
  }
}

export interface ASTStates {
  /** float32 [N, patches + 2, hidden_size] */
  readonly lastHiddenState: tf.Tensor;
  /** float32 [N, hidden_size]: the average of the two tokens before the patches. */
  readonly pooled: tf.Tensor;
  /** float32 [N, patches + 2, hidden_size]: the embeddings and what each layer gave. */
  readonly hiddenStates: readonly tf.Tensor[];
}

/** The encoder alone. */
export class ASTModel extends ConfiguredModel<ASTConfig> {
  protected override readonly modelType = modelType;
  protected override readonly architecture = 'ASTModel';
  readonly embeddings: Embeddings;
  readonly layers: ModuleList<Layer>;
  readonly layernorm: LayerNorm;
  readonly #settings: ASTSettings;

  /** @throws InvalidArgumentError for patches larger than spectrograms, or features that do not divide into heads */
  constructor(
    override readonly config: ASTConfig = {},
    generator?: Generator,
  ) {
    super();
    const settings = settingsOf(config);
    this.#settings = settings;
    this.embeddings = new Embeddings(settings, generator);
    const layers = Array.from({ length: settings.num_hidden_layers }, () => new Layer(settings, generator));
    this.layers = new ModuleList(layers);
    this.layernorm = new LayerNorm(settings.hidden_size, { eps: settings.layer_norm_eps });
    initialiseNormal(this.layers, settings.initializer_range, generator);
    initialiseNormal(this.embeddings.patch_embeddings, settings.initializer_range, generator);
  }

  /** The configuration with defaults filled in. */
  get settings(): ASTSettings {
    return this.#settings;
  }

  /**
   * @param x float32 [N, max_length, num_mel_bins]: log mel spectrograms, normalised as the checkpoint's feature extractor says
   * @throws InvalidArgumentError for another shape
   */
  forward(x: tf.Tensor): ASTStates {
    const { max_length, num_mel_bins } = this.#settings;
    check(
      x.rank === 3 && x.shape[1] === max_length && x.shape[2] === num_mel_bins,
      () => `this model takes spectrograms [N, ${max_length}, ${num_mel_bins}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const hiddenStates = [this.embeddings.forward(x)];
      for (const layer of this.layers) hiddenStates.push(layer.forward(hiddenStates.at(-1)!));
      const lastHiddenState = this.layernorm.forward(hiddenStates.at(-1)!);
      const pooled = tf.mean(tf.slice(lastHiddenState, [0, 0, 0], [-1, 2, -1]), 1);
      return { lastHiddenState, pooled, hiddenStates };
    });
  }

  /** Under the names that transformers writes. */
  override async savePretrained(folder: string): Promise<void> {
    await savePretrained(this, folder, { config: this.checkpointConfig(), rename: storedNames('') });
  }

  /** Loads a checkpoint in transformers' layout, also one with a classifier. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<ASTModel> {
    return loadPretrained(source, astModelFamilies, options);
  }
}

class Head extends Module implements UnaryModule {
  readonly layernorm: LayerNorm;
  readonly dense: Linear;

  constructor({ hidden_size, layer_norm_eps: eps, num_labels, initializer_range }: ASTSettings, generator?: Generator) {
    super();
    this.layernorm = new LayerNorm(hidden_size, { eps });
    this.dense = new Linear(hidden_size, num_labels, { generator });
    initialiseNormal(this.dense, initializer_range, generator);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.dense.forward(this.layernorm.forward(x)));
  }
}

export interface ASTOutputs extends ASTStates {
  /** float32 [N, labels], before the softmax. */
  readonly logits: tf.Tensor;
}

/** Classifies spectrograms. */
export class ASTForAudioClassification extends ConfiguredModel<ASTConfig> {
  protected override readonly modelType = modelType;
  protected override readonly architecture = 'ASTForAudioClassification';
  readonly audio_spectrogram_transformer: ASTModel;
  readonly classifier: Head;

  constructor(
    override readonly config: ASTConfig = {},
    generator?: Generator,
  ) {
    super();
    this.audio_spectrogram_transformer = new ASTModel(config, generator);
    this.classifier = new Head(this.audio_spectrogram_transformer.settings, generator);
  }

  /** @param x float32 [N, max_length, num_mel_bins] @throws InvalidArgumentError for another shape */
  forward(x: tf.Tensor): ASTOutputs {
    return scope(() => {
      const states = this.audio_spectrogram_transformer.forward(x);
      return { ...states, logits: this.classifier.forward(states.pooled) };
    });
  }

  /** The loss of labels as `problem_type` says; see losses.problemLoss. */
  loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return losses.problemLoss(logits, labels, this.config.problem_type ?? null);
  }

  /** Under the names that transformers writes. */
  override async savePretrained(folder: string): Promise<void> {
    await savePretrained(this, folder, { config: this.checkpointConfig(), rename: storedNames(prefix) });
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<ASTForAudioClassification> {
    return loadPretrained(source, astFamilies, options);
  }
}

const modelType = 'audio-spectrogram-transformer';
const prefix = 'audio_spectrogram_transformer.';

/** Names in checkpoints, which are those of the library's first version, beside the ones that its modules have now. */
function storedNames(place: string): RenameRule[] {
  const names = {
    'attention.attention.query': 'attention.q_proj',
    'attention.attention.key': 'attention.k_proj',
    'attention.attention.value': 'attention.v_proj',
    'attention.output.dense': 'attention.o_proj',
    'intermediate.dense': 'mlp.fc1',
    'output.dense': 'mlp.fc2',
    layernorm_before: 'layernorm_before',
    layernorm_after: 'layernorm_after',
  };
  return Object.entries(names).map(([theirs, ours]) => [
    `${place}encoder.layer.{i}.${theirs}.{part}`,
    `${place}layers.{i}.${ours}.{part}`,
  ]);
}

function family<M extends Module>(build: (config: ASTConfig) => M, rename: readonly RenameRule[]): ModelFamily<M> {
  return {
    modelType,
    matches: (config) => config['model_type'] === modelType,
    build: ({ model_type: _modelType, architectures: _architectures, ...config }: Config) => build(config),
    rename,
  };
}

export const astFamilies: ReadonlyArray<ModelFamily<ASTForAudioClassification>> = [
  family((config) => new ASTForAudioClassification(config), storedNames(prefix)),
];

/** The name without the prefix, and the newer one of the two. */
const bare = storedNames('').flatMap((rule): RenameRule[] => {
  const [theirs, ours] = rule as readonly [string, string];
  return [[`${prefix}${theirs}`, ours], rule];
});

export const astModelFamilies: ReadonlyArray<ModelFamily<ASTModel>> = [
  {
    ...family(
      (config) => new ASTModel(config),
      [...bare, { toOurs: [/^audio_spectrogram_transformer\./, ''], toReference: [/(?!)/, ''] }],
    ),
    ignore: [/^classifier\./],
  },
];
