import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  defaultGenerator,
  functional,
  init,
  Linear,
  Module,
  Parameter,
  scope,
  type Generator,
} from '@hourglass/core';

export interface RelativeAttentionOptions {
  /** Probability of dropping an attention weight in training. Default 0. */
  readonly dropout?: number;
  /** Look at distances too. Default true. */
  readonly relative?: boolean;
  /** How the biases begin: at zero (NeMo), or as Glorot has it (ESPnet, transformers). Default 'zeros'. */
  readonly biases?: 'zeros' | 'xavier';
  readonly generator?: Generator | undefined;
}

/** Keys and values of frames before, float32 [N, L, features] both. */
export interface KeysAndValues {
  readonly key: tf.Tensor;
  readonly value: tf.Tensor;
}

export interface RelativeAttentionCall {
  /** float32 [L + 2 T - 1, features], see {@link relativePlaces}, which is the default. */
  readonly places?: tf.Tensor | null;
  /** Added to the scores, broadcast to [N, heads, T, L + T]; null: all is seen. */
  readonly mask?: tf.Tensor | null;
  /** Of L frames before, which are not computed again. Default none. */
  readonly cache?: KeysAndValues | null;
  /** float32 [N, T, features]: what queries and keys are made of. Default x. */
  readonly asked?: tf.Tensor;
}

/**
 * Attention by content and by distance, with a bias each (Transformer-XL, Dai et al. 2019, arXiv:1901.02860), with the parameter names of
 * NeMo and transformers.
 */
export class RelativeAttention extends Module {
  readonly linear_q: Linear;
  readonly linear_k: Linear;
  readonly linear_v: Linear;
  readonly linear_out: Linear;
  /** Null, with the biases, where distances do not count. */
  readonly linear_pos: Linear | null;
  /** [heads, features / heads]: of every query, for keys and for distances. */
  readonly pos_bias_u: Parameter | null;
  readonly pos_bias_v: Parameter | null;
  readonly #dropout: number;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError when features do not divide into heads */
  constructor(
    readonly features: number,
    readonly heads: number,
    options: RelativeAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, relative = true, biases = 'zeros', generator } = options;
    check(
      heads > 0 && features % heads === 0,
      () => `relative attention: ${features} features do not divide into ${heads} heads`,
    );
    const linear = (bias: boolean): Linear => new Linear(features, features, { bias, generator });
    this.linear_q = linear(true);
    this.linear_k = linear(true);
    this.linear_v = linear(true);
    this.linear_out = linear(true);
    this.linear_pos = relative ? linear(false) : null;
    const bias = (): Parameter => {
      const parameter = new Parameter(tf.zeros([heads, features / heads]));
      if (biases === 'xavier') init.xavierUniform(parameter, { generator });
      return parameter;
    };
    this.pos_bias_u = relative ? bias() : null;
    this.pos_bias_v = relative ? bias() : null;
    this.#dropout = dropout;
    this.#generator = generator;
  }

  /**
   * @param x float32 [N, T, features]
   * @returns float32 [N, T, features], with keys and values of the frames before and of these
   */
  forward(x: tf.Tensor, call: RelativeAttentionCall = {}): { readonly output: tf.Tensor } & KeysAndValues {
    const { mask = null, cache = null, asked = x } = call;
    return scope(() => {
      const [n, queries] = x.shape as [number, number];
      const scale = 1 / Math.sqrt(this.features / this.heads);
      const key = after(cache?.key, this.linear_k.forward(asked));
      const value = after(cache?.value, this.linear_v.forward(x));
      const keys = key.shape[1]!;
      const q = this.#split(this.linear_q.forward(asked));
      const added: tf.Tensor[] = mask === null ? [] : [mask];
      if (this.linear_pos !== null) {
        const places = this.linear_pos.forward(call.places ?? relativePlaces(queries, this.features, keys));
        const byDistance = tf.matMul(
          headsFirst(tf.add(q, this.pos_bias_v!.value)),
          tf.tile(headsFirst(this.#split(tf.expandDims(places, 0))), [n, 1, 1, 1]),
          false,
          true,
        );
        added.unshift(tf.mul(functional.relativeShift(byDistance, keys), scale));
      }
      const attended = functional.scaledDotProductAttention(
        headsFirst(this.pos_bias_u === null ? q : tf.add(q, this.pos_bias_u.value)),
        headsFirst(this.#split(key)),
        headsFirst(this.#split(value)),
        {
          attnMask: added.length === 2 ? tf.add(added[0]!, added[1]!) : (added[0] ?? null),
          dropoutP: this.training ? this.#dropout : 0,
          generator: this.#generator ?? defaultGenerator(),
        },
      );
      const joined = tf.reshape(headsFirst(attended), [n, queries, this.features]);
      return { output: this.linear_out.forward(joined), key, value };
    });
  }

  /** [N, length, features] to [N, length, heads, features / heads]. */
  #split(x: tf.Tensor): tf.Tensor {
    return tf.reshape(x, [x.shape[0]!, x.shape[1]!, this.heads, this.features / this.heads]);
  }
}

/** Exchanges places and heads. */
const headsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3]);

const after = (past: tf.Tensor | undefined, own: tf.Tensor): tf.Tensor =>
  past === undefined || past.shape[1] === 0 ? own : tf.concat([past, own], 1);

/** Sinusoids [keys + queries - 1, width] of distances, query minus key, keys - 1 … -(queries - 1); the last key is the last query's. */
export function relativePlaces(queries: number, width: number, keys = queries): tf.Tensor {
  return functional.sinusoidalTable(keys + queries - 1, width, { start: keys - 1, step: -1 });
}
