import * as tf from '@tensorflow/tfjs-core';
import { DecoderCache } from '../layers/attention/key-value-cache.js';
import { scope } from '../memory.js';

/**
 * What generation needs of a model: one of these is one generation, and holds what the model keeps between steps. The model behind it
 * may be of text, speech or anything that goes token by token.
 */
export interface TokenDecoder {
  /**
   * Takes tokens and says what follows.
   *
   * @param tokens int32 [rows, n]: the prompts in the first call, then what came since the last one
   * @returns float32 [rows, vocabulary]: scores of what follows the last token, before the softmax; the caller frees it
   */
  next(tokens: tf.Tensor): tf.Tensor;
  /** Row i becomes what row `rows[i]` was. Rows may be repeated or left out, so their number changes. */
  select(rows: readonly number[]): void;
  /** Harmless when repeated. */
  dispose(): void;
}

/** Tensors of which each row belongs to one of the batch: an encoder's states, their mask. */
export type DecoderContext = Readonly<Record<string, tf.Tensor | null>>;

/**
 * A {@link TokenDecoder} around a decoder whose attentions keep keys and values.
 *
 * @param run new tokens int32 [rows, n] behind those in the cache, to logits [rows, n, vocabulary] (or of the last alone, [rows, 1, …])
 */
export class CachedDecoder<C extends DecoderContext = DecoderContext> implements TokenDecoder {
  readonly #cache: DecoderCache;
  readonly #run: (tokens: tf.Tensor, cache: DecoderCache, context: C) => tf.Tensor;
  #context: C;
  /** Of which example each row is, where known. */
  #examples: readonly number[] | null = null;

  /** @param context is taken over: this frees it. */
  constructor(layers: number, context: C, run: (tokens: tf.Tensor, cache: DecoderCache, context: C) => tf.Tensor) {
    this.#cache = new DecoderCache(layers);
    this.#run = run;
    this.#context = mapped(context, (x) => tf.keep(tf.clone(x)));
    for (const x of Object.values(context)) x?.dispose();
  }

  next(tokens: tf.Tensor): tf.Tensor {
    return scope(() => {
      const logits = this.#run(tokens, this.#cache, this.#context);
      const [rows, n, vocabulary] = logits.shape as [number, number, number];
      this.#examples ??= Array.from({ length: rows }, (_, row) => row);
      return tf.reshape(tf.slice(logits, [0, n - 1, 0], [rows, 1, vocabulary]), [rows, vocabulary]);
    });
  }

  select(rows: readonly number[]): void {
    const examples = this.#examples === null ? null : rows.map((row) => this.#examples![row]!);
    // beams of one example read the same states of the encoder
    const same = examples !== null && tf.util.arraysEqual(examples, [...this.#examples!]);
    this.#cache.reorder(rows, same ? 'self' : 'all');
    this.#examples = examples;
    if (same) return;
    const at = tf.tensor1d([...rows], 'int32');
    const old = this.#context;
    this.#context = mapped(old, (x) => tf.keep(tf.gather(x, at)));
    disposeAll(old);
    at.dispose();
  }

  dispose(): void {
    this.#cache.dispose();
    disposeAll(this.#context);
  }
}

function mapped<C extends DecoderContext>(context: C, change: (x: tf.Tensor) => tf.Tensor): C {
  return Object.fromEntries(Object.entries(context).map(([name, x]) => [name, x === null ? null : change(x)])) as C;
}

function disposeAll(context: DecoderContext): void {
  for (const x of Object.values(context)) x?.dispose();
}

/** A {@link TokenDecoder} that runs over the whole sequence each time. @param run int32 [rows, n] to logits [rows, n, vocabulary] */
export class UncachedDecoder implements TokenDecoder {
  readonly #run: (tokens: tf.Tensor) => tf.Tensor;
  #tokens: tf.Tensor | null = null;

  constructor(run: (tokens: tf.Tensor) => tf.Tensor) {
    this.#run = run;
  }

  next(tokens: tf.Tensor): tf.Tensor {
    this.#replace(this.#tokens === null ? tf.clone(tokens) : tf.concat([this.#tokens, tokens], 1));
    return scope(() => {
      const logits = this.#run(this.#tokens!);
      const [rows, n, vocabulary] = logits.shape as [number, number, number];
      return tf.reshape(tf.slice(logits, [0, n - 1, 0], [rows, 1, vocabulary]), [rows, vocabulary]);
    });
  }

  select(rows: readonly number[]): void {
    const old = this.#tokens;
    if (old !== null) this.#replace(scope(() => tf.gather(old, tf.tensor1d([...rows], 'int32'))));
  }

  dispose(): void {
    this.#tokens?.dispose();
    this.#tokens = null;
  }

  #replace(tokens: tf.Tensor): void {
    this.#tokens?.dispose();
    this.#tokens = tf.keep(tokens);
  }
}
