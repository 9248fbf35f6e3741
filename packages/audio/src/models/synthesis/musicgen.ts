/**
 * The decoder of MusicGen: "Simple and Controllable Music Generation", Copet et al. 2023, arXiv:2306.05284, which makes codes of a neural
 * codec, all codebooks in one stream, each one step later than the one before. transformers' MusicgenForCausalLM. Written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  DecoderCache,
  Dropout,
  Embedding,
  generation,
  initialiseNormal,
  LayerNorm,
  Linear,
  loadPretrained,
  losses,
  Module,
  ModuleList,
  scope,
  Seq2SeqDecoderLayer,
  defaultGenerator,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { LayerDrop } from '../../layers/speech/index.js';

/** What the decoder is made from, under transformers' names. */
export interface MusicgenSettings {
  /** Codes of a codebook. */
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly num_hidden_layers: number;
  readonly ffn_dim: number;
  readonly num_attention_heads: number;
  /** Probability in training that a layer is left out. */
  readonly layerdrop: number;
  readonly activation_function: string;
  readonly hidden_size: number;
  readonly dropout: number;
  readonly attention_dropout: number;
  readonly activation_dropout: number;
  readonly initializer_factor: number;
  readonly num_codebooks: number;
  /** With 2, codebooks of left and right alternate and are delayed together. */
  readonly audio_channels: number;
  /** What stands where a delayed codebook has nothing yet; also begins. */
  readonly pad_token_id: number;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type MusicgenConfig = { readonly [K in keyof MusicgenSettings]?: MusicgenSettings[K] | null } & Config;

const defaults: MusicgenSettings = {
  vocab_size: 2048,
  max_position_embeddings: 2048,
  num_hidden_layers: 24,
  ffn_dim: 4096,
  num_attention_heads: 16,
  layerdrop: 0,
  activation_function: 'gelu',
  hidden_size: 1024,
  dropout: 0.1,
  attention_dropout: 0,
  activation_dropout: 0,
  initializer_factor: 0.02,
  num_codebooks: 4,
  audio_channels: 1,
  pad_token_id: 2048,
};

class MusicgenDecoder extends Module {
  /** One for each codebook, with an entry for padding. */
  readonly embed_tokens: ModuleList<Embedding>;
  readonly layers: ModuleList<Seq2SeqDecoderLayer>;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;

  constructor(settings: MusicgenSettings, generator?: Generator) {
    super();
    const { hidden_size: width, vocab_size, num_codebooks, num_hidden_layers, num_attention_heads } = settings;
    this.embed_tokens = new ModuleList(
      Array.from({ length: num_codebooks }, () => new Embedding(vocab_size + 1, width, { generator })),
    );
    this.layers = new ModuleList(
      Array.from(
        { length: num_hidden_layers },
        () =>
          new Seq2SeqDecoderLayer(width, num_attention_heads, {
            ffnDim: settings.ffn_dim,
            dropout: settings.dropout,
            attentionDropout: settings.attention_dropout,
            activationDropout: settings.activation_dropout,
            activation: settings.activation_function,
            normFirst: true,
            attentionBias: false,
            feedForwardBias: false,
            generator,
          }),
      ),
    );
    this.layer_norm = new LayerNorm(width);
    this.dropout = new Dropout(settings.dropout, { generator });
  }
}

class MusicgenModel extends Module {
  constructor(readonly decoder: MusicgenDecoder) {
    super();
  }
}

export interface MusicgenCall {
  /** float32 [N, S, hidden_size]: states of a text encoder, projected. Without them music is made of nothing. */
  readonly encoderStates?: tf.Tensor | null;
  /** [N, S]: which of them count. Default all. */
  readonly encoderMask?: tf.Tensor | null;
}

export interface MusicgenOutputs {
  /** float32 [N, steps, codebooks, vocab_size], before the softmax. */
  readonly logits: tf.Tensor;
  /** Of the embedding and each layer; the last is the result. */
  readonly hiddenStates: readonly tf.Tensor[];
}

/** Codes of a neural codec, one step after another. */
export class MusicgenForCausalLM extends ConfiguredModel<MusicgenConfig> {
  protected override readonly modelType = 'musicgen_decoder';
  readonly model: MusicgenModel;
  readonly lm_heads: ModuleList<Linear>;
  readonly settings: MusicgenSettings;
  readonly #drop: LayerDrop;

  constructor(
    override readonly config: MusicgenConfig = {},
    generator?: Generator,
  ) {
    super();
    const given = Object.fromEntries(
      Object.entries(config).filter(([, value]) => value !== null && value !== undefined),
    );
    const settings: MusicgenSettings = { ...defaults, ...given };
    const { hidden_size, vocab_size, num_codebooks, audio_channels } = settings;
    check(
      num_codebooks % audio_channels === 0 && (audio_channels === 1 || audio_channels === 2),
      () =>
        `${num_codebooks} codebooks for ${audio_channels} channels: there must be 1 or 2, with as many codebooks each`,
    );
    this.settings = settings;
    this.model = new MusicgenModel(new MusicgenDecoder(settings, generator));
    this.lm_heads = new ModuleList(
      Array.from({ length: num_codebooks }, () => new Linear(hidden_size, vocab_size, { bias: false, generator })),
    );
    initialiseNormal(this, settings.initializer_factor, generator);
    this.#drop = new LayerDrop(this.settings.layerdrop, generator);
  }

  /**
   * @param codes int32 [N, steps, codebooks], each codebook {@link delay} steps late
   * @throws InvalidArgumentError for another number of codebooks
   */
  forward(codes: tf.Tensor, call: MusicgenCall = {}, cache: DecoderCache | null = null): MusicgenOutputs {
    const { num_codebooks, vocab_size } = this.settings;
    check(
      codes.rank === 3 && codes.shape[2] === num_codebooks,
      () => `MusicGen takes codes [batch, steps, ${num_codebooks}], got [${codes.shape.join(', ')}]`,
    );
    const { decoder } = this.model;
    return scope(() => {
      const [n, steps] = codes.shape as [number, number, number];
      const streams = tf.unstack(codes, 2);
      const embedded = tf.addN(streams.map((stream, book) => decoder.embed_tokens.at(book).forward(stream)));
      const placed = tf.add(embedded, this.#places(cache?.length ?? 0, steps));
      const hiddenStates = [decoder.dropout.forward(placed)];
      for (const [i, layer] of [...decoder.layers].entries()) {
        const last = hiddenStates.at(-1)!;
        const states = this.#drop.drops(this.training)
          ? tf.clone(last)
          : layer.forward(last, { ...call, cache: cache?.layers[i] ?? null }).states;
        hiddenStates.push(states);
      }
      hiddenStates.push(decoder.layer_norm.forward(hiddenStates.pop()!));
      const scores = [...this.lm_heads].map((head) => head.forward(hiddenStates.at(-1)!));
      return { logits: tf.reshape(tf.stack(scores, 2), [n, steps, num_codebooks, vocab_size]), hiddenStates };
    });
  }

  /** Cross entropy of all codebooks alike. @param labels int32 [N, steps, codebooks]: padding and -100 do not count */
  loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    const { num_codebooks, pad_token_id } = this.settings;
    return scope(() => {
      const padding = tf.equal(labels, tf.scalar(pad_token_id, 'int32'));
      const counted = tf.where(padding, tf.scalar(-100, 'int32'), labels);
      const books = tf.unstack(logits, 2).map((scores, book) => {
        const target = tf.squeeze(tf.slice(counted, [0, 0, book], [-1, -1, 1]), [2]);
        return losses.crossEntropy(scores, target);
      });
      return tf.div(tf.addN(books), num_codebooks);
    });
  }

  /** How many steps later a codebook is than the first: those of both channels are delayed together. */
  delay(codebook: number): number {
    return Math.floor(codebook / this.settings.audio_channels);
  }

  /**
   * Makes codes.
   *
   * @param examples how many, where there are no encoder states to tell
   * @param config `maxNewTokens` is the number of frames; of the rest what concerns single tokens counts
   * @returns int32 [N, frames, codebooks], for the codec to decode
   */
  async generate(
    call: MusicgenCall & { readonly examples?: number },
    config: generation.GenerationConfig = {},
    options: { readonly generator?: Generator } = {},
  ): Promise<tf.Tensor> {
    const { num_codebooks: books, num_hidden_layers, pad_token_id: pad } = this.settings;
    const { examples = call.encoderStates?.shape[0] ?? 1, encoderStates = null, encoderMask = null } = call;
    const frames = config.maxNewTokens ?? 256;
    const steps = frames + this.delay(books - 1);
    const sampling = { ...config, maxNewTokens: steps };
    const processors = generation.processorsOf(sampling, { promptLength: 1, maxLength: steps + 1 });
    const generator = config.doSample === true ? (options.generator ?? defaultGenerator()) : null;
    const rows = Array.from({ length: examples * books }, () => [pad]);
    const cache = new DecoderCache(num_hidden_layers);
    try {
      for (let step = 0; step < steps; step++) {
        const logits = scope(() => {
          const last = tf.tensor3d(
            rows.flatMap((row) => row.at(-1)!),
            [examples, 1, books],
            'int32',
          );
          return this.forward(last, { encoderStates, encoderMask }, cache).logits;
        });
        const values = await logits.data<'float32'>();
        logits.dispose();
        const size = values.length / rows.length;
        rows.forEach((row, i) => {
          const frame = step - this.delay(i % books);
          if (frame < 0 || frame >= frames) return void row.push(pad);
          const scores = values.slice(i * size, (i + 1) * size);
          for (const process of processors) process(row, scores, i);
          row.push(generation.pickToken(scores, generator));
        });
      }
    } finally {
      cache.dispose();
    }
    const codes = Array.from({ length: examples * frames * books }, (_, i) => {
      const [book, frame] = [i % books, Math.floor(i / books) % frames];
      const row = rows[Math.floor(i / (books * frames)) * books + book]!;
      return row[1 + frame + this.delay(book)]!;
    });
    return tf.tensor3d(codes, [examples, frames, books], 'int32');
  }

  /** All cosines before all sines, from this place on. */
  #places(from: number, count: number): tf.Tensor {
    const { hidden_size: width } = this.settings;
    const half = Math.floor(width / 2);
    const values = new Float32Array(count * width);
    for (let place = 0; place < count; place++) {
      for (let i = 0; i < half; i++) {
        const angle = (from + place) * Math.fround(10000 ** (-i / (half - 1)));
        values[place * width + i] = Math.cos(angle);
        values[place * width + half + i] = Math.sin(angle);
      }
    }
    return tf.tensor2d(values, [count, width]);
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<MusicgenForCausalLM> {
    return loadPretrained(source, musicgenFamilies, options);
  }
}

/** Kinds of checkpoint that {@link MusicgenForCausalLM.fromPretrained} reads. */
export const musicgenFamilies: ReadonlyArray<ModelFamily<MusicgenForCausalLM>> = [
  {
    modelType: 'musicgen_decoder',
    matches: (config) => config['model_type'] === 'musicgen_decoder',
    build: ({ model_type: _modelType, ...config }) => new MusicgenForCausalLM(config),
    ignore: [/\.embed_positions\.weights$/],
  },
];
