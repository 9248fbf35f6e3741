import * as tf from '@tensorflow/tfjs-core';
import { Dropout, functional, init, Linear, Module, scope, type Generator } from '@hourglass/core';

export interface EmformerAttentionOptions {
  readonly dropout: number;
  /** Gain of the initial weights of queries, keys and values; null leaves them as linear maps have them. */
  readonly weightInitGain: number | null;
  readonly tanhOnMem: boolean;
  readonly negativeInf: number;
  readonly generator?: Generator | undefined;
}

export interface EmformerAttentionInput {
  /** float32 [N, R, D]: right contexts. */
  readonly rightContext: tf.Tensor;
  /** float32 [N, T, D] */
  readonly utterance: tf.Tensor;
  /** float32 [N, S, D]: means of segments; S may be 0. */
  readonly summary: tf.Tensor | null;
  /** float32 [N, M, D]; M may be 0. */
  readonly memory: tf.Tensor | null;
  /** bool [queries, keys], true is not seen; null: all is. */
  readonly attentionMask: tf.Tensor | null;
  /** bool [N, keys], true is not seen; null: all is. */
  readonly paddingMask: tf.Tensor | null;
  /** float32 [N, L, D]: keys and values of frames before, which stand between right context and utterance. */
  readonly left?: { readonly key: tf.Tensor; readonly value: tf.Tensor } | null;
}

export interface EmformerAttentionResult {
  /** float32 [N, R + T, D] */
  readonly output: tf.Tensor;
  /** float32 [N, S, D]: the summaries with what they saw. */
  readonly memory: tf.Tensor | null;
  /** float32 [N, L + T, D]: keys and values of left context and utterance. */
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/** Attention of right contexts, utterance and summaries to memory, right contexts, left context and utterance. */
export class EmformerAttention extends Module {
  readonly emb_to_key_value: Linear;
  readonly emb_to_query: Linear;
  readonly out_proj: Linear;
  readonly dropout: Dropout;
  readonly tanhOnMem: boolean;
  readonly negativeInf: number;

  constructor(
    readonly inputDim: number,
    readonly numHeads: number,
    options: EmformerAttentionOptions,
  ) {
    super();
    const { dropout, weightInitGain: gain, tanhOnMem, negativeInf, generator } = options;
    this.tanhOnMem = tanhOnMem;
    this.negativeInf = negativeInf;
    this.dropout = new Dropout(dropout, { generator });
    this.emb_to_key_value = new Linear(inputDim, 2 * inputDim, { generator });
    this.emb_to_query = new Linear(inputDim, inputDim, { generator });
    this.out_proj = new Linear(inputDim, inputDim, { generator });
    if (gain !== null)
      for (const { weight } of [this.emb_to_key_value, this.emb_to_query])
        init.xavierUniform(weight, { gain, ...(generator && { generator }) });
  }

  forward(input: EmformerAttentionInput): EmformerAttentionResult {
    const { rightContext, utterance, summary, memory, left = null } = input;
    return scope(() => {
      const joined = (...parts: ReadonlyArray<tf.Tensor | null>): tf.Tensor => {
        const present = parts.filter((part): part is tf.Tensor => part !== null && part.shape[1]! > 0);
        return present.length === 1 ? present[0]! : tf.concat(present, 1);
      };
      const heads = (x: tf.Tensor): tf.Tensor => {
        const [n, length] = x.shape as [number, number];
        const split = tf.reshape(x, [n, length, this.numHeads, this.inputDim / this.numHeads]);
        return tf.transpose(split, [0, 2, 1, 3]);
      };
      const query = this.emb_to_query.forward(joined(rightContext, utterance, summary));
      const keyValue = this.emb_to_key_value.forward(joined(memory, rightContext, utterance));
      const before = (memory?.shape[1] ?? 0) + rightContext.shape[1]!;
      const [own, withLeft] = this.#withLeft(keyValue, before, left);
      const [key, value] = tf.split(withLeft, 2, 2) as [tf.Tensor, tf.Tensor];
      const scores = tf.matMul(tf.mul(heads(query), (this.inputDim / this.numHeads) ** -0.5), heads(key), false, true);
      const weights = this.dropout.forward(functional.softmax(this.#masked(scores, input)));
      const attended = tf.transpose(tf.matMul(weights, heads(value)), [0, 2, 1, 3]);
      const all = this.out_proj.forward(tf.reshape(attended, query.shape));
      const rows = rightContext.shape[1]! + utterance.shape[1]!;
      const parts = summary === null ? [all] : tf.split(all, [rows, summary.shape[1]!], 1);
      const [ownKey, ownValue] = tf.split(own, 2, 2) as [tf.Tensor, tf.Tensor];
      return {
        output: parts[0]!,
        memory: parts[1] === undefined ? null : this.#bounded(parts[1]),
        key: ownKey,
        value: ownValue,
      };
    });
  }

  /** Keys and values of left context and utterance, and of all. */
  #withLeft(
    keyValue: tf.Tensor,
    before: number,
    left: { readonly key: tf.Tensor; readonly value: tf.Tensor } | null,
  ): [tf.Tensor, tf.Tensor] {
    const [n, length, width] = keyValue.shape as [number, number, number];
    const utterance = tf.slice(keyValue, [0, before, 0], [n, length - before, width]);
    if (left === null || left.key.shape[1] === 0) return [utterance, keyValue];
    const own = tf.concat([tf.concat([left.key, left.value], 2), utterance], 1);
    return [own, before === 0 ? own : tf.concat([tf.slice(keyValue, [0, 0, 0], [n, before, width]), own], 1)];
  }

  /** A finite value stands for what is not seen: a query that sees nothing looks everywhere alike, as in the reference. */
  #masked(scores: tf.Tensor, { attentionMask, paddingMask }: EmformerAttentionInput): tf.Tensor {
    const fill = (scores: tf.Tensor, mask: tf.Tensor): tf.Tensor =>
      tf.where(tf.broadcastTo(mask, scores.shape), tf.fill(scores.shape, this.negativeInf), scores);
    const [n, , , keys] = scores.shape as [number, number, number, number];
    const seen = attentionMask === null ? scores : fill(scores, tf.reshape(attentionMask, [1, 1, -1, keys]));
    return paddingMask === null ? seen : fill(seen, tf.reshape(paddingMask, [n, 1, 1, keys]));
  }

  #bounded(memory: tf.Tensor): tf.Tensor {
    return this.tanhOnMem ? tf.tanh(memory) : tf.clipByValue(memory, -10, 10);
  }
}
