import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, Module, Parameter, scope, type Generator } from '@hourglass/core';

/** Keys and values of frames before, float32 [N, L, features] both. */
export interface KeyValueCache {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

/**
 * Attention with relative positions (Transformer-XL, Dai et al. 2019, arXiv:1901.02860), with NeMo's parameter names. Frames before come as
 * keys and values, which are not computed again.
 */
export class RelativeAttention extends Module {
  readonly linear_q: Linear;
  readonly linear_k: Linear;
  readonly linear_v: Linear;
  readonly linear_out: Linear;
  readonly linear_pos: Linear;
  /** [heads, features / heads]: of every query, for keys and for positions. */
  readonly pos_bias_u: Parameter;
  readonly pos_bias_v: Parameter;
  readonly dropout: number;
  readonly #generator: Generator | undefined;

  constructor(
    readonly features: number,
    readonly heads: number,
    { dropout = 0, generator }: { dropout?: number; generator?: Generator | undefined } = {},
  ) {
    super();
    check(
      heads > 0 && features % heads === 0,
      `relative attention: ${features} features do not divide into ${heads} heads`,
    );
    const projection = (bias: boolean): Linear => new Linear(features, features, { bias, generator });
    this.linear_q = projection(true);
    this.linear_k = projection(true);
    this.linear_v = projection(true);
    this.linear_out = projection(true);
    this.linear_pos = projection(false);
    this.pos_bias_u = new Parameter(tf.zeros([heads, features / heads]));
    this.pos_bias_v = new Parameter(tf.zeros([heads, features / heads]));
    this.dropout = dropout;
    this.#generator = generator;
  }

  /**
   * @param x float32 [N, T, features]
   * @param mask added to the scores, broadcast to [N, heads, T, L + T]; null: all is seen
   * @returns float32 [N, T, features], with keys and values of the frames before and of these
   */
  forward(
    x: tf.Tensor,
    mask: tf.Tensor | null = null,
    cache: KeyValueCache | null = null,
  ): { readonly output: tf.Tensor } & KeyValueCache {
    return scope(() => {
      const [n, queries] = x.shape as [number, number, number];
      const after = (past: tf.Tensor | undefined, own: tf.Tensor): tf.Tensor =>
        past === undefined || past.shape[1] === 0 ? own : tf.concat([past, own], 1);
      const key = after(cache?.key, this.linear_k.forward(x));
      const value = after(cache?.value, this.linear_v.forward(x));
      const keys = key.shape[1]!;
      const q = this.linear_q.forward(x);
      const bias = (parameter: Parameter): tf.Tensor => tf.reshape(parameter.value, [this.features]);
      const byPosition = tf.matMul(
        this.#split(tf.add(q, bias(this.pos_bias_v))),
        tf.tile(this.#positions(queries, keys), [n, 1, 1, 1]),
        false,
        true,
      );
      const scale = 1 / Math.sqrt(this.features / this.heads);
      const added = tf.mul(shiftToKeys(byPosition, keys), scale);
      const attended = functional.scaledDotProductAttention(
        this.#split(tf.add(q, bias(this.pos_bias_u))),
        this.#split(key),
        this.#split(value),
        {
          attnMask: mask === null ? added : tf.add(added, mask),
          dropoutP: this.training ? this.dropout : 0,
          ...(this.#generator && { generator: this.#generator }),
        },
      );
      const joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [n, queries, this.features]);
      return { output: this.linear_out.forward(joined), key, value };
    });
  }

  /** [1, heads, distances, features / heads]: projected sinusoids from the farthest key before to the farthest behind. */
  #positions(queries: number, keys: number): tf.Tensor {
    const table = functional.sinusoidalTable(keys + queries - 1, this.features, { start: keys - 1, step: -1 });
    return this.#split(tf.expandDims(this.linear_pos.forward(table), 0));
  }

  /** [N, length, features] to [N, heads, length, features / heads]. */
  #split(x: tf.Tensor): tf.Tensor {
    const [n, length] = x.shape as [number, number];
    return tf.transpose(tf.reshape(x, [n, length, this.heads, this.features / this.heads]), [0, 2, 1, 3]);
  }
}

/**
 * Scores by distance [N, heads, queries, distances] as scores by key [N, heads, queries, keys]: each row begins one place later than the
 * next. Padding by one column and reading in rows of one less does that.
 */
function shiftToKeys(x: tf.Tensor, keys: number): tf.Tensor {
  const [n, heads, queries, distances] = x.shape as [number, number, number, number];
  const padded = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, 0],
    [1, 0],
  ]);
  const turned = tf.reshape(padded, [n, heads, distances + 1, queries]);
  const shifted = tf.reshape(tf.slice(turned, [0, 0, 1, 0], [n, heads, distances, queries]), x.shape);
  return tf.slice(shifted, [0, 0, 0, 0], [n, heads, queries, keys]);
}
