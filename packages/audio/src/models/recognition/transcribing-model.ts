import type * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  functional,
  generation,
  losses,
  Module,
  scope,
  shiftTokensRight,
  type Config,
  type DecoderCache,
  type Embedding,
  type Linear,
  type ModelFamily,
} from '@hourglass/core';

/** Tokens that models write with, under transformers' names. */
export interface TranscriptionTokens {
  readonly decoder_start_token_id: number;
  readonly pad_token_id: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number | readonly number[];
}

export interface TranscribeOptions extends generation.GenerateOptions {
  /** How much of each sound counts: samples, or frames for models that take features. Default all. */
  readonly lengths?: readonly number[] | null;
  /** Instead of what the checkpoint's generation_config.json says. */
  readonly config?: generation.GenerationConfig;
}

export interface TranscriptionOutputs {
  /** float32 [N, L, vocab_size], before the softmax. */
  readonly logits: tf.Tensor;
  /** What each layer was given, and last the result. */
  readonly encoderHiddenStates: readonly tf.Tensor[];
  readonly decoderHiddenStates: readonly tf.Tensor[];
}

/** What an encoder makes of sounds. */
export interface EncodedSounds {
  /** What each layer was given, and last the result. */
  readonly hiddenStates: readonly tf.Tensor[];
  /** float32 [N, states], 0 for padding; null where all count. */
  readonly mask: tf.Tensor | null;
}

/** What models share that write down speech token by token. */
export abstract class TranscribingModel<C extends object> extends ConfiguredModel<C> {
  /** How the checkpoint wants to generate. */
  readonly generationConfig: generation.GenerationConfig;
  readonly #json: Config;
  readonly #start: number;
  readonly #pad: number;
  readonly #layers: number;

  /** @param layers of the decoder @param generationJson what generation_config.json holds; without it the tokens say how */
  constructor(tokens: TranscriptionTokens, layers: number, generationJson?: Config | null) {
    super();
    this.#layers = layers;
    const { decoder_start_token_id, pad_token_id, bos_token_id, eos_token_id } = tokens;
    this.#json = generationJson ?? { bos_token_id, eos_token_id, pad_token_id, decoder_start_token_id };
    this.generationConfig = generation.generationConfigFrom(this.#json);
    this.#start = decoder_start_token_id;
    this.#pad = pad_token_id;
  }

  protected override otherFiles(): Readonly<Record<string, Config>> {
    return { 'generation_config.json': this.#json };
  }

  /** @param lengths how much of each sound counts; null: all */
  protected abstract encode(x: tf.Tensor, lengths: readonly number[] | null): EncodedSounds;

  /** States of the next tokens, from each layer. @param states of the encoder @param mask of those states */
  protected abstract decode(
    tokens: tf.Tensor,
    states: tf.Tensor,
    mask: tf.Tensor | null,
    cache: DecoderCache | null,
  ): readonly tf.Tensor[];

  /** The decoder's last states [N, L, features] to scores of all tokens. */
  protected abstract logits(states: tf.Tensor): tf.Tensor;

  /**
   * @param x what the model takes @param tokens int32 [N, L]: what the decoder is given
   * @param lengths how much of each sound counts: samples, or frames for models that take features; default all
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  forward(x: tf.Tensor, tokens: tf.Tensor, lengths: readonly number[] | null = null): TranscriptionOutputs {
    return scope(() => {
      const { hiddenStates: encoderHiddenStates, mask } = this.encode(x, lengths);
      const decoderHiddenStates = this.decode(tokens, encoderHiddenStates.at(-1)!, mask, null);
      return { logits: this.logits(decoderHiddenStates.at(-1)!), encoderHiddenStates, decoderHiddenStates };
    });
  }

  /** What the decoder is given for targets int32 [N, L], of which -100 do not count. */
  decoderInputs(labels: tf.Tensor): tf.Tensor {
    return shiftTokensRight(labels, this.#pad, this.#start);
  }

  /** Cross entropy of targets int32 [N, L], -100 left out, for the logits of {@link decoderInputs}. @returns scalar */
  loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return losses.crossEntropy(logits, labels);
  }

  /** The decoder on these sounds, step by step. @param lengths as in {@link forward} */
  decoder(x: tf.Tensor, lengths: readonly number[] | null = null): generation.TokenDecoder {
    const context = scope(() => {
      const { hiddenStates, mask } = this.encode(x, lengths);
      return { states: hiddenStates.at(-1)!, mask };
    });
    return new generation.CachedDecoder(this.#layers, context, (tokens, cache, { states, mask }) =>
      this.logits(this.decode(tokens, states, mask, cache).at(-1)!),
    );
  }

  /**
   * Writes what is said.
   *
   * @param x what the model takes
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  async generate(x: tf.Tensor, options: TranscribeOptions = {}): Promise<generation.GenerationResult> {
    const prompts = Array.from({ length: x.shape[0]! }, () => [this.#start]);
    const config = { ...this.generationConfig, ...options.config };
    return generation.generate(this.decoder(x, options.lengths ?? null), prompts, config, options);
  }
}

/** An encoder and the decoder that reads its states. */
export class EncoderDecoder<E extends Module, D extends Module> extends Module {
  constructor(
    readonly encoder: E,
    readonly decoder: D,
  ) {
    super();
  }
}

/** Scores of all tokens by a layer of their own, or, where there is none, by the table of the embedding. */
export const tokenScores = (states: tf.Tensor, head: Linear | null, { weight }: Embedding): tf.Tensor =>
  head === null ? functional.unembed(states, weight.value) : head.forward(states);

/**
 * Checkpoints in transformers' layout of models with {@link tokenScores}.
 *
 * @param head the name of the layer for scores, whose weight may be stored where it is the embedding's
 * @param ignore other tensors that are stored, but not read
 */
export function transcribingFamily<M extends Module>(
  modelType: string,
  head: string,
  build: (config: Config, generationJson: Config | null) => M,
  ignore: readonly RegExp[] = [],
): ModelFamily<M> {
  return {
    modelType,
    matches: (config) => config['model_type'] === modelType,
    async build({ model_type: _modelType, ...config }, checkpoint) {
      const json = await checkpoint.readJson('generation_config.json');
      return () => build(config, json);
    },
    ignore: (config) =>
      config['tie_word_embeddings'] === false ? ignore : [...ignore, new RegExp(`^${head}\\.weight$`)],
  };
}
