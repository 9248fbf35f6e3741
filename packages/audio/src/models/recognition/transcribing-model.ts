import type * as tf from '@tensorflow/tfjs-core';
import { ConfiguredModel, generation, losses, shiftTokensRight, type Config } from '@hourglass/core';

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

/** What models share that write down speech token by token. */
export abstract class TranscribingModel<C extends object> extends ConfiguredModel<C> {
  /** How the checkpoint wants to generate. */
  readonly generationConfig: generation.GenerationConfig;
  readonly #json: Config;
  readonly #start: number;
  readonly #pad: number;

  /** @param generationJson what generation_config.json holds; without it the tokens say how */
  constructor(tokens: TranscriptionTokens, generationJson?: Config | null) {
    super();
    const { decoder_start_token_id, pad_token_id, bos_token_id, eos_token_id } = tokens;
    this.#json = generationJson ?? { bos_token_id, eos_token_id, pad_token_id, decoder_start_token_id };
    this.generationConfig = generation.generationConfigFrom(this.#json);
    this.#start = decoder_start_token_id;
    this.#pad = pad_token_id;
  }

  protected override otherFiles(): Readonly<Record<string, Config>> {
    return { 'generation_config.json': this.#json };
  }

  /** What the decoder is given for targets int32 [N, L], of which -100 do not count. */
  decoderInputs(labels: tf.Tensor): tf.Tensor {
    return shiftTokensRight(labels, this.#pad, this.#start);
  }

  /** Cross entropy of targets int32 [N, L], -100 left out, for the logits of {@link decoderInputs}. @returns scalar */
  loss(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return losses.crossEntropy(logits, labels);
  }

  /** The decoder on these sounds, step by step. */
  abstract decoder(x: tf.Tensor, lengths?: readonly number[] | null): generation.TokenDecoder;

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
