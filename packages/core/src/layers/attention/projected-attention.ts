import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { fusedAttention } from '../../functional/attention/fused.js';
import { attentionWeights, dropWeights } from '../../functional/attention/weights.js';
import { boolToBias } from '../../kernels/attention/masks.js';
import { headProduct } from '../../kernels/attention/heads.js';
import { scope } from '../../memory.js';
import { Module } from '../../module/index.js';
import { defaultGenerator, type Generator } from '../../random/index.js';
import { Linear } from '../basic/linear.js';
import type { KeyValueCache } from './key-value-cache.js';

/** Which projections add a bias. */
export interface ProjectionBiases {
  readonly query?: boolean;
  readonly key?: boolean;
  readonly value?: boolean;
  readonly output?: boolean;
}

export interface ProjectedAttentionOptions {
  /** All, none, or which (those left out have one). Default true. */
  readonly bias?: boolean | ProjectionBiases;
  /** Probability of dropping an attention weight in training. Default 0. */
  readonly dropout?: number;
  /** Features of the states that cross-attention reads. Default embedDim. */
  readonly keyValueDim?: number;
  /** Features of a head. Default embedDim / numHeads. */
  readonly headDim?: number;
  /** Heads of keys and values, each serving a run of neighbouring query heads. Default numHeads. */
  readonly numKeyValueHeads?: number;
  /** Factor of the scores. Default 1 / sqrt(headDim). */
  readonly scale?: number;
  /** What checkpoints call the output's projection: Llama and those after it say `o_proj`. Default `out_proj`. */
  readonly outputName?: string;
  readonly generator?: Generator;
}

export interface ProjectedAttentionCall {
  /** [N, S, keyValueDim]: what keys and values are made of. Default the queries' own states. */
  readonly keyValueStates?: tf.Tensor | null;
  /** Broadcast to [N, heads, L, S], S with the cached keys. Bool: true takes part. Float: added to the scores, with a gradient. */
  readonly mask?: tf.Tensor | null;
  /** [N, S], S with the cached keys: what is not 0 takes part (transformers' attention_mask). */
  readonly keyMask?: tf.Tensor | null;
  /** A query sees the keys up to its own place, which comes behind the cached ones. Default false. */
  readonly isCausal?: boolean;
  /** Added to the scores, made of the scaled queries [N, heads, L, headDim]; as relative positions need it. */
  readonly scoreBias?: (queries: tf.Tensor) => tf.Tensor;
  /** Turns queries and new keys [N, length, heads, headDim], as rotary positions do. */
  readonly rotate?: (x: tf.Tensor) => tf.Tensor;
  /**
   * With `keyValueStates`: filled in the first call and read in those that follow. Without: new keys and values come behind those
   * it holds. Its owner disposes of it.
   */
  readonly cache?: KeyValueCache | null;
  /** Return the weights too, which takes the whole matrix. Default false. */
  readonly needWeights?: boolean;
}

export interface ProjectedAttentionResult {
  /** [N, L, embedDim] */
  readonly output: tf.Tensor;
  /** [N, heads, L, S]; null when not asked for. */
  readonly weights: tf.Tensor | null;
}

/**
 * Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762) with a projection each for queries, keys, values and outputs, under
 * the names that transformers' models have: `q_proj`, `k_proj`, `v_proj`, `out_proj`. Self- or cross-attention is a matter of the call. A
 * query that sees no key gives zeros (and the output's bias).
 */
export class ProjectedAttention extends Module {
  readonly q_proj: Linear;
  readonly k_proj: Linear;
  readonly v_proj: Linear;
  readonly out_proj: Linear;
  readonly dropout: number;
  readonly headDim: number;
  readonly numKeyValueHeads: number;
  readonly scale: number;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError when features do not divide into heads, or heads into those of keys. */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: ProjectedAttentionOptions = {},
  ) {
    super();
    const { dropout = 0, keyValueDim = embedDim, headDim = embedDim / numHeads, numKeyValueHeads = numHeads } = options;
    check(
      Number.isInteger(headDim) && headDim > 0,
      `ProjectedAttention: ${embedDim} features do not divide into ${numHeads} heads`,
    );
    check(
      numHeads % numKeyValueHeads === 0,
      `ProjectedAttention: ${numHeads} heads cannot share ${numKeyValueHeads} heads of keys`,
    );
    const biases = typeof options.bias === 'object' ? options.bias : {};
    const all = options.bias !== false;
    const { query = all, key = all, value = all, output = all } = biases;
    const generator = options.generator ?? defaultGenerator();
    const linear = (inputs: number, outputs: number, bias: boolean): Linear =>
      new Linear(inputs, outputs, { bias, generator });
    this.k_proj = linear(keyValueDim, numKeyValueHeads * headDim, key);
    this.v_proj = linear(keyValueDim, numKeyValueHeads * headDim, value);
    this.q_proj = linear(embedDim, numHeads * headDim, query);
    this.out_proj = linear(numHeads * headDim, embedDim, output);
    const { outputName = 'out_proj' } = options;
    if (outputName !== 'out_proj') {
      // walks through modules find enumerable fields
      Object.defineProperty(this, 'out_proj', { enumerable: false });
      Object.defineProperty(this, outputName, { value: this.out_proj, enumerable: true });
    }
    this.dropout = dropout;
    this.headDim = headDim;
    this.numKeyValueHeads = numKeyValueHeads;
    this.scale = options.scale ?? 1 / Math.sqrt(headDim);
    this.#generator = options.generator;
  }

  /**
   * States [N, L, embedDim] to the same shape.
   *
   * @throws InvalidArgumentError when shapes do not fit.
   */
  forward(states: tf.Tensor, call: ProjectedAttentionCall = {}): ProjectedAttentionResult {
    const { needWeights = false, isCausal = false, cache = null, rotate = (x) => x } = call;
    check(
      states.rank === 3 && states.shape[2] === this.embedDim,
      () => `ProjectedAttention takes [batch, length, ${this.embedDim}], got [${states.shape.join(', ')}]`,
    );
    return scope(() => {
      const [n, length] = states.shape as [number, number, number];
      const past = (call.keyValueStates ?? null) === null ? (cache?.length ?? 0) : 0;
      const q = rotate(this.#split(this.q_proj.forward(states), this.numHeads));
      const { keys, values } = this.#keysAndValues(states, call, rotate);
      check(keys.shape[0] === n, () => `ProjectedAttention: ${n} sequences of queries for ${keys.shape[0]} of keys`);
      // a single query comes behind all keys; several behind cached ones need a mask of their own
      const causal = isCausal && past === 0;
      const mask = this.#mask(q, call, keys.shape[1]!, isCausal && past > 0 && length > 1 ? past : null);
      const generator = this.#generator ?? defaultGenerator();
      const enableGqa = this.numKeyValueHeads !== this.numHeads;
      const shared = { attnMask: mask, isCausal: causal, scale: this.scale, enableGqa };
      const dropoutP = this.training ? this.dropout : 0;
      const fused = needWeights
        ? null
        : fusedAttention(q, keys, values, { ...shared, dropoutP, generator, headsLast: true });
      let weights: tf.Tensor | null = null;
      let joined = fused;
      if (joined === null) {
        const [queries, k, v] = [q, keys, values].map((x) => tf.transpose(x, [0, 2, 1, 3])) as Triple;
        weights = dropWeights(attentionWeights(queries, k, shared), dropoutP, generator);
        joined = tf.transpose(headProduct(weights, v, enableGqa), [0, 2, 1, 3]);
      }
      const output = this.out_proj.forward(tf.reshape(joined, [n, length, this.numHeads * this.headDim]));
      return { output, weights: needWeights ? weights : null };
    });
  }

  #keysAndValues(
    states: tf.Tensor,
    { keyValueStates, cache }: ProjectedAttentionCall,
    rotate: (x: tf.Tensor) => tf.Tensor,
  ): { keys: tf.Tensor; values: tf.Tensor } {
    const cross = keyValueStates ?? null;
    if (cross !== null && cache != null && cache.keys !== null) return { keys: cache.keys, values: cache.values! };
    const read = cross ?? states;
    check(
      read.rank === 3 && read.shape[2] === this.k_proj.inFeatures,
      () =>
        `ProjectedAttention: keys and values come of [batch, length, ${this.k_proj.inFeatures}], got [${read.shape.join(', ')}]`,
    );
    const keys = rotate(this.#split(this.k_proj.forward(read), this.numKeyValueHeads));
    const values = this.#split(this.v_proj.forward(read), this.numKeyValueHeads);
    return cache == null ? { keys, values } : cache.append(keys, values);
  }

  /** [N, length, heads * headDim] to [N, length, heads, headDim]. */
  #split(x: tf.Tensor, heads: number): tf.Tensor {
    return tf.reshape(x, [x.shape[0]!, x.shape[1]!, heads, this.headDim]);
  }

  /** All that keeps keys from queries, as one mask; null where nothing does. @param past keys before the queries' own, where that counts */
  #mask(q: tf.Tensor, call: ProjectedAttentionCall, keys: number, past: number | null): tf.Tensor | null {
    const { mask = null, keyMask = null, scoreBias } = call;
    const [n, length] = q.shape as [number, number];
    const masks: tf.Tensor[] = [];
    if (mask !== null) masks.push(mask);
    if (keyMask !== null) {
      check(
        keyMask.rank === 2 && keyMask.shape[0] === n && keyMask.shape[1] === keys,
        () => `ProjectedAttention: a key mask [${keyMask.shape.join(', ')}] for [${n}, ${keys}] keys`,
      );
      masks.push(tf.reshape(tf.notEqual(keyMask, tf.zerosLike(keyMask)), [n, 1, 1, keys]));
    }
    if (past !== null) masks.push(seenFrom(past, length, keys));
    if (scoreBias !== undefined) masks.push(scoreBias(tf.transpose(tf.mul(q, this.scale), [0, 2, 1, 3])));
    if (masks.length <= 1) return masks[0] ?? null;
    return masks.every((x) => x.dtype === 'bool')
      ? masks.reduce((a, b) => tf.logicalAnd(a, b))
      : masks.map((x) => (x.dtype === 'bool' ? boolToBias(x) : x)).reduce((a, b) => tf.add(a, b));
  }
}

type Triple = [tf.Tensor, tf.Tensor, tf.Tensor];

/** Bool [length, keys]: query i stands at place past + i and sees keys up to there. */
function seenFrom(past: number, length: number, keys: number): tf.Tensor {
  const places = tf.range(past, past + length, 1, 'int32');
  return tf.lessEqual(tf.range(0, keys, 1, 'int32'), tf.expandDims(places, 1));
}
