import * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, functional, init, Linear, Module, Parameter, scope, type Generator } from '@hourglass/core';

export interface SpeechRelativeAttentionOptions {
  /** Probability of dropping an attention weight in training. Default 0. */
  readonly dropout?: number;
  /** Look at distances too. Default true. */
  readonly relative?: boolean;
  readonly generator?: Generator | undefined;
}

/** Attention by content and by distance, with a bias each (Transformer-XL, Dai et al. 2019, arXiv:1901.02860). */
export class SpeechRelativeAttention extends Module {
  readonly linear_q: Linear;
  readonly linear_k: Linear;
  readonly linear_v: Linear;
  readonly linear_out: Linear;
  /** Null, with the biases, where distances do not count. */
  readonly linear_pos: Linear | null;
  /** [heads, features] */
  readonly pos_bias_u: Parameter | null;
  readonly pos_bias_v: Parameter | null;
  readonly #dropout: number;
  readonly #generator: Generator | undefined;

  constructor(
    readonly width: number,
    readonly heads: number,
    options: SpeechRelativeAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, relative = true, generator } = options;
    const linear = (bias: boolean): Linear => new Linear(width, width, { bias, generator });
    this.linear_q = linear(true);
    this.linear_k = linear(true);
    this.linear_v = linear(true);
    this.linear_out = linear(true);
    this.linear_pos = relative ? linear(false) : null;
    const bias = (): Parameter => {
      const parameter = new Parameter(tf.zeros([heads, width / heads]));
      init.xavierUniform(parameter, { generator });
      return parameter;
    };
    this.pos_bias_u = relative ? bias() : null;
    this.pos_bias_v = relative ? bias() : null;
    this.#dropout = dropout;
    this.#generator = generator;
  }

  /**
   * @param x [N, L, width] @param places [2 L - 1, width]: of distances L - 1 … -(L - 1), see relativePlaces; null where they do not count
   * @param bias [N, 1, 1, L]: 0 where something is, -infinity where not; null for all
   * @param asked [N, L, width]: what queries and keys are made of; default x
   */
  forward(x: tf.Tensor, places: tf.Tensor | null, bias: tf.Tensor | null, asked: tf.Tensor = x): tf.Tensor {
    return scope(() => {
      const [n, length] = x.shape as [number, number, number];
      const features = this.width / this.heads;
      const scale = 1 / Math.sqrt(features);
      const split = (y: tf.Tensor): tf.Tensor => tf.reshape(y, [n, length, this.heads, features]);
      const headsFirst = (y: tf.Tensor): tf.Tensor => tf.transpose(y, [0, 2, 1, 3]);
      const q = split(this.linear_q.forward(asked));
      const k = headsFirst(split(this.linear_k.forward(asked)));
      const v = headsFirst(split(this.linear_v.forward(x)));
      const distances = places === null ? null : tf.mul(this.#byDistance(q, places), scale);
      const masks = [distances, bias].filter((mask) => mask !== null);
      const attended = functional.scaledDotProductAttention(
        headsFirst(this.pos_bias_u === null ? q : tf.add(q, this.pos_bias_u.value)),
        k,
        v,
        {
          attnMask: masks.length === 2 ? tf.add(masks[0]!, masks[1]!) : (masks[0] ?? null),
          scale,
          dropoutP: this.training ? this.#dropout : 0,
          generator: this.#generator ?? defaultGenerator(),
        },
      );
      return this.linear_out.forward(tf.reshape(headsFirst(attended), [n, length, this.width]));
    });
  }

  /** q [N, L, heads, features] to scores [N, heads, L, L]. */
  #byDistance(q: tf.Tensor, places: tf.Tensor): tf.Tensor {
    const [n, length, , features] = q.shape as [number, number, number, number];
    const placed = tf.reshape(this.linear_pos!.forward(places), [2 * length - 1, this.heads, features]);
    const scores = tf.matMul(
      tf.transpose(tf.add(q, this.pos_bias_v!.value), [0, 2, 1, 3]),
      tf.tile(tf.expandDims(tf.transpose(placed, [1, 2, 0]), 0), [n, 1, 1, 1]),
    );
    return functional.relativeShift(scores);
  }
}

/** Sinusoids [2 length - 1, width] of distances length - 1 … -(length - 1). */
export function relativePlaces(length: number, width: number): tf.Tensor {
  return scope(() => {
    const table = functional.sinusoidalTable(length, width);
    if (length === 1) return table;
    // sines of negative distances are negative, cosines the same
    const signs = Float32Array.from({ length: width }, (_, i) => (i % 2 === 0 ? -1 : 1));
    const behind = tf.mul(tf.slice(table, [1, 0], [length - 1, width]), tf.tensor1d(signs));
    return tf.concat([tf.reverse(table, 0), behind], 0);
  });
}
