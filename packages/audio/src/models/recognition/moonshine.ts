/**
 * Moonshine: "Speech Recognition for Live Transcription and Voice Commands", Jeffries et al. 2024, arXiv:2410.15608. Checkpoints of
 * UsefulSensors/moonshine-* (MIT) in transformers' layout. Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  Conv1d,
  Embedding,
  functional,
  GroupNorm,
  initialiseNormal,
  LayerNorm,
  Linear,
  loadPretrained,
  Module,
  ModuleList,
  ProjectedAttention,
  scope,
  UnsupportedError,
  type Config,
  type DecoderCache,
  type Generator,
  type LayerCache,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import {
  EncoderDecoder,
  tokenScores,
  TranscribingModel,
  transcribingFamily,
  type EncodedSounds,
} from './transcribing-model.js';

/** What Moonshine is made from, under transformers' names. */
export interface MoonshineSettings {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly encoder_num_hidden_layers: number;
  readonly decoder_num_hidden_layers: number;
  readonly encoder_num_attention_heads: number;
  readonly decoder_num_attention_heads: number;
  /** As many as heads: the reference takes no other number either. */
  readonly encoder_num_key_value_heads: number | null;
  readonly decoder_num_key_value_heads: number | null;
  readonly encoder_hidden_act: string;
  readonly decoder_hidden_act: string;
  readonly initializer_range: number;
  readonly decoder_start_token_id: number;
  readonly attention_bias: boolean;
  readonly attention_dropout: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number | readonly number[];
  readonly pad_token_id: number;
  readonly partial_rotary_factor: number;
  readonly rope_parameters: Config | null;
  readonly tie_word_embeddings: boolean;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type MoonshineConfig = { readonly [K in keyof MoonshineSettings]?: MoonshineSettings[K] | null } & Config;

const defaults: MoonshineSettings = {
  vocab_size: 32768,
  hidden_size: 288,
  intermediate_size: 1152,
  encoder_num_hidden_layers: 6,
  decoder_num_hidden_layers: 6,
  encoder_num_attention_heads: 8,
  decoder_num_attention_heads: 8,
  encoder_num_key_value_heads: null,
  decoder_num_key_value_heads: null,
  encoder_hidden_act: 'gelu',
  decoder_hidden_act: 'silu',
  initializer_range: 0.02,
  decoder_start_token_id: 1,
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: 0,
  partial_rotary_factor: 0.9,
  rope_parameters: null,
  tie_word_embeddings: true,
};

/** Samples between the encoder's states. */
const stride = 64 * 3 * 2;

/** The configuration with defaults. @throws InvalidArgumentError, UnsupportedError for values that no model can be made with */
export function moonshineSettings(config: MoonshineConfig): MoonshineSettings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const settings: MoonshineSettings = { ...defaults, ...given };
  for (const half of ['encoder', 'decoder'] as const) {
    const heads = settings[`${half}_num_attention_heads`];
    check(
      settings.hidden_size % heads === 0,
      () => `hidden_size ${settings.hidden_size} does not divide into ${half}_num_attention_heads ${heads}`,
    );
    const shared = settings[`${half}_num_key_value_heads`] ?? heads;
    if (shared !== heads)
      throw new UnsupportedError(
        `Moonshine: ${half}_num_key_value_heads ${shared} for ${heads} heads; only as many are known, as in transformers`,
      );
  }
  const type = settings.rope_parameters?.['rope_type'] ?? 'default';
  if (type !== 'default') throw new UnsupportedError(`Moonshine: rope_type '${String(type)}'; only 'default' is known`);
  return settings;
}

/** Turns neighbouring features of the first ones of each head by their place. */
function rotation(settings: MoonshineSettings, heads: number): (x: tf.Tensor, offset: number) => tf.Tensor {
  const rope = settings.rope_parameters ?? {};
  const factor = (rope['partial_rotary_factor'] as number | undefined) ?? settings.partial_rotary_factor;
  const base = (rope['rope_theta'] as number | undefined) ?? 10000;
  const features = Math.floor((settings.hidden_size / heads) * factor);
  // an odd number leaves its last pair whole, with angles that fall by the odd number all the same
  const pairs = Math.ceil(features / 2);
  return (x, offset) => {
    const length = x.shape[1]!;
    const angles = Float32Array.from(
      { length: length * pairs },
      (_, i) => (offset + Math.floor(i / pairs)) * base ** ((-2 * (i % pairs)) / features),
    );
    const table = (f: (angle: number) => number): tf.Tensor => tf.tensor2d(angles.map(f), [length, pairs]);
    const turned = functional.applyRotary(tf.transpose(x, [0, 2, 1, 3]), table(Math.cos), table(Math.sin), {
      interleaved: true,
    });
    return tf.transpose(turned, [0, 2, 1, 3]);
  };
}

const norm = (width: number): LayerNorm => new LayerNorm(width, { bias: false });

const attentionOf = (settings: MoonshineSettings, heads: number, generator?: Generator): ProjectedAttention =>
  new ProjectedAttention(settings.hidden_size, heads, {
    bias: {
      query: settings.attention_bias,
      key: settings.attention_bias,
      value: settings.attention_bias,
      output: false,
    },
    dropout: settings.attention_dropout,
    outputName: 'o_proj',
    generator,
  });

/** Two linear maps; the decoder's first gates itself. */
class FeedForward extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly #activation: UnaryModule;
  readonly #gated: boolean;

  constructor(settings: MoonshineSettings, act: string, gated: boolean, generator?: Generator) {
    super();
    const { hidden_size, intermediate_size } = settings;
    this.fc1 = new Linear(hidden_size, gated ? 2 * intermediate_size : intermediate_size, { generator });
    this.fc2 = new Linear(intermediate_size, hidden_size, { generator });
    this.#activation = activationByName(act);
    this.#gated = gated;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const inner = this.fc1.forward(x);
    if (!this.#gated) return this.fc2.forward(this.#activation.forward(inner));
    const [value, gate] = tf.split(inner, 2, -1) as [tf.Tensor, tf.Tensor];
    return this.fc2.forward(tf.mul(this.#activation.forward(gate), value));
  }
}

class EncoderLayer extends Module {
  readonly self_attn: ProjectedAttention;
  readonly mlp: FeedForward;
  readonly input_layernorm: LayerNorm;
  readonly post_attention_layernorm: LayerNorm;
  readonly #rotate: (x: tf.Tensor, offset: number) => tf.Tensor;

  constructor(settings: MoonshineSettings, generator?: Generator) {
    super();
    const { encoder_num_attention_heads: heads, hidden_size } = settings;
    this.self_attn = attentionOf(settings, heads, generator);
    this.mlp = new FeedForward(settings, settings.encoder_hidden_act, false, generator);
    this.input_layernorm = norm(hidden_size);
    this.post_attention_layernorm = norm(hidden_size);
    this.#rotate = rotation(settings, heads);
  }

  forward(x: tf.Tensor, keyMask: tf.Tensor | null): tf.Tensor {
    return scope(() => {
      const rotate = (y: tf.Tensor): tf.Tensor => this.#rotate(y, 0);
      const attended = tf.add(x, this.self_attn.forward(this.input_layernorm.forward(x), { keyMask, rotate }).output);
      return tf.add(attended, this.mlp.forward(this.post_attention_layernorm.forward(attended)));
    });
  }
}

class DecoderLayer extends Module {
  readonly self_attn: ProjectedAttention;
  readonly encoder_attn: ProjectedAttention;
  readonly mlp: FeedForward;
  readonly input_layernorm: LayerNorm;
  readonly post_attention_layernorm: LayerNorm;
  readonly final_layernorm: LayerNorm;
  readonly #rotate: (x: tf.Tensor, offset: number) => tf.Tensor;

  constructor(settings: MoonshineSettings, generator?: Generator) {
    super();
    const { decoder_num_attention_heads: heads, hidden_size } = settings;
    this.self_attn = attentionOf(settings, heads, generator);
    this.encoder_attn = attentionOf(settings, heads, generator);
    this.mlp = new FeedForward(settings, settings.decoder_hidden_act, true, generator);
    this.input_layernorm = norm(hidden_size);
    this.post_attention_layernorm = norm(hidden_size);
    this.final_layernorm = norm(hidden_size);
    this.#rotate = rotation(settings, heads);
  }

  forward(x: tf.Tensor, states: tf.Tensor, mask: tf.Tensor | null, cache: LayerCache | null): tf.Tensor {
    return scope(() => {
      const past = cache?.self.length ?? 0;
      const own = this.self_attn.forward(this.input_layernorm.forward(x), {
        isCausal: true,
        rotate: (y) => this.#rotate(y, past),
        cache: cache?.self ?? null,
      }).output;
      const attended = tf.add(x, own);
      const read = this.encoder_attn.forward(this.post_attention_layernorm.forward(attended), {
        keyValueStates: states,
        keyMask: mask,
        cache: cache?.cross ?? null,
      }).output;
      const informed = tf.add(attended, read);
      return tf.add(informed, this.mlp.forward(this.final_layernorm.forward(informed)));
    });
  }
}

class MoonshineEncoder extends Module {
  readonly conv1: Conv1d;
  readonly conv2: Conv1d;
  readonly conv3: Conv1d;
  readonly groupnorm: GroupNorm;
  readonly layers: ModuleList<EncoderLayer>;
  readonly layer_norm: LayerNorm;

  constructor(settings: MoonshineSettings, generator?: Generator) {
    super();
    const { hidden_size: width, encoder_num_hidden_layers: count } = settings;
    this.conv1 = new Conv1d(1, width, { kernelSize: 127, stride: 64, bias: false, generator });
    this.conv2 = new Conv1d(width, 2 * width, { kernelSize: 7, stride: 3, generator });
    this.conv3 = new Conv1d(2 * width, width, { kernelSize: 3, stride: 2, generator });
    this.groupnorm = new GroupNorm(1, width);
    this.layers = new ModuleList(Array.from({ length: count }, () => new EncoderLayer(settings, generator)));
    this.layer_norm = norm(width);
  }

  forward(
    x: tf.Tensor,
    lengths: readonly number[] | null,
  ): { readonly hiddenStates: tf.Tensor[]; readonly mask: tf.Tensor | null } {
    // 3 states of the second convolution, of which each sees 7 of the first, which see 127 samples
    const least = 127 + 64 * (6 + 3 * 2);
    check(
      x.rank === 2 && x.shape[1]! >= least,
      () => `Moonshine takes samples [batch, time], at least ${least} of them, got shape [${x.shape.join(', ')}]`,
    );
    check(
      lengths === null || lengths.length === x.shape[0],
      () => `${x.shape[0]} sounds need ${x.shape[0]} lengths, got ${lengths!.length}`,
    );
    return scope(() => {
      const first = this.groupnorm.forward(tf.tanh(this.conv1.forward(tf.expandDims(x, -1))));
      const second = functional.gelu(this.conv2.forward(first));
      const hiddenStates = [functional.gelu(this.conv3.forward(second))];
      const [n, count] = hiddenStates[0]!.shape as [number, number];
      const mask =
        lengths === null
          ? null
          : tf.tensor2d(
              lengths.flatMap((length) => Array.from({ length: count }, (_, i) => Number(i * stride < length))),
              [n, count],
            );
      for (const layer of this.layers) hiddenStates.push(layer.forward(hiddenStates.at(-1)!, mask));
      hiddenStates.push(this.layer_norm.forward(hiddenStates.pop()!));
      return { hiddenStates, mask };
    });
  }
}

class MoonshineDecoder extends Module {
  readonly embed_tokens: Embedding;
  readonly layers: ModuleList<DecoderLayer>;
  readonly norm: LayerNorm;

  constructor(settings: MoonshineSettings, generator?: Generator) {
    super();
    const { vocab_size, hidden_size, pad_token_id: paddingIdx, decoder_num_hidden_layers: count } = settings;
    this.embed_tokens = new Embedding(vocab_size, hidden_size, { paddingIdx, generator });
    this.layers = new ModuleList(Array.from({ length: count }, () => new DecoderLayer(settings, generator)));
    this.norm = norm(hidden_size);
  }

  forward(
    tokens: tf.Tensor,
    states: tf.Tensor,
    mask: tf.Tensor | null,
    cache: DecoderCache | null = null,
  ): tf.Tensor[] {
    check(tokens.rank === 2, () => `tokens must be [batch, length], got shape [${tokens.shape.join(', ')}]`);
    return scope(() => {
      const hiddenStates = [this.embed_tokens.forward(tokens)];
      for (const [i, layer] of [...this.layers].entries())
        hiddenStates.push(layer.forward(hiddenStates.at(-1)!, states, mask, cache?.layers[i] ?? null));
      hiddenStates.push(this.norm.forward(hiddenStates.pop()!));
      return hiddenStates;
    });
  }
}

/** Sound of any length to text, as much work as it is long. */
export class MoonshineForConditionalGeneration extends TranscribingModel<MoonshineConfig> {
  protected override readonly modelType = 'moonshine';
  readonly model: EncoderDecoder<MoonshineEncoder, MoonshineDecoder>;
  /** Null where the output's weight is that of the decoder's embedding. */
  readonly proj_out: Linear | null;

  /** @param generationJson what generation_config.json holds @throws InvalidArgumentError, UnsupportedError as {@link moonshineSettings} */
  constructor(
    override readonly config: MoonshineConfig,
    generator?: Generator,
    generationJson?: Config | null,
  ) {
    const settings = moonshineSettings(config);
    super(settings, settings.decoder_num_hidden_layers, generationJson);
    this.model = new EncoderDecoder(
      new MoonshineEncoder(settings, generator),
      new MoonshineDecoder(settings, generator),
    );
    const { hidden_size, vocab_size, tie_word_embeddings, initializer_range } = settings;
    this.proj_out = tie_word_embeddings ? null : new Linear(hidden_size, vocab_size, { bias: false, generator });
    initialiseNormal(this, initializer_range, generator);
  }

  /** @param x float32 [N, samples] of 16 kHz @param lengths in samples */
  protected override encode(x: tf.Tensor, lengths: readonly number[] | null): EncodedSounds {
    return this.model.encoder.forward(x, lengths);
  }

  protected override decode(
    tokens: tf.Tensor,
    states: tf.Tensor,
    mask: tf.Tensor | null,
    cache: DecoderCache | null,
  ): readonly tf.Tensor[] {
    return this.model.decoder.forward(tokens, states, mask, cache);
  }

  protected override logits(states: tf.Tensor): tf.Tensor {
    return tokenScores(states, this.proj_out, this.model.decoder.embed_tokens);
  }

  /**
   * Cross entropy of targets int32 [N, L], -100 left out, with the logits one place before each: as the reference has it, though its
   * decoder's inputs lie one place behind the targets already.
   */
  override loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [n, length] = labels.shape as [number, number];
      const next = tf.slice(tf.cast(labels, 'int32'), [0, 1], [n, length - 1]);
      return super.loss(logits, tf.concat([next, tf.fill([n, 1], -100, 'int32')], 1));
    });
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<MoonshineForConditionalGeneration> {
    return loadPretrained(source, moonshineFamilies, options);
  }
}

/** Kinds of checkpoint that {@link MoonshineForConditionalGeneration.fromPretrained} reads. */
export const moonshineFamilies: ReadonlyArray<ModelFamily<MoonshineForConditionalGeneration>> = [
  transcribingFamily(
    'moonshine',
    'proj_out',
    (config, json) => new MoonshineForConditionalGeneration(config, undefined, json),
  ),
];
