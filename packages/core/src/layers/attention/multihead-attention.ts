import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { boolToBias } from '../../kernels/attention/masks.js';
import { fusedAttention } from '../../functional/attention/fused.js';
import { attentionWeights, dropWeights } from '../../functional/attention/weights.js';
import { linear } from '../../functional/linear-algebra/index.js';
import { scope } from '../../memory.js';
import { init, layouts, Module, Parameter } from '../../module/index.js';
import { defaultGenerator, type Generator } from '../../random/index.js';
import { Linear } from '../basic/linear.js';

export interface MultiheadAttentionOptions {
  /** Probability of dropping an attention weight in training. Default 0. */
  readonly dropout?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Append a learned key and value. Default false. */
  readonly addBiasKv?: boolean;
  /** Append a key and value of zeros. Default false. */
  readonly addZeroAttn?: boolean;
  /** Features of keys and values. Default those of queries. */
  readonly kdim?: number;
  readonly vdim?: number;
  /** Inputs are [N, L, E] instead of torch's default [L, N, E]. Default false. */
  readonly batchFirst?: boolean;
  readonly generator?: Generator;
}

export interface MultiheadAttentionCall {
  /** [N, S] (or [S] without a batch): true is padding, not seen; floats are added to the scores. */
  readonly keyPaddingMask?: tf.Tensor | null;
  /** [L, S] or [N * heads, L, S]: true is not seen; floats are added to the scores. */
  readonly attnMask?: tf.Tensor | null;
  /** Return the weights too, and let queries that see nothing become NaN, as torch does; false gives zeros there. Default true. */
  readonly needWeights?: boolean;
  /** Average the weights over heads. Default true. */
  readonly averageAttnWeights?: boolean;
  /** Query i sees keys 0 … i. Default false. */
  readonly isCausal?: boolean;
}

export interface MultiheadAttentionResult {
  readonly output: tf.Tensor;
  /** [N, L, S], or [N, heads, L, S] when not averaged; null when not asked for. */
  readonly weights: tf.Tensor | null;
}

/** Multi-head attention (Vaswani et al. 2017, arXiv:1706.03762) with the parameters and masks of torch.nn.MultiheadAttention. */
export class MultiheadAttention extends Module {
  /** The three projections side by side: checkpoint [3 E, E]; null when keys or values have another size. */
  readonly in_proj_weight: Parameter | null;
  readonly q_proj_weight: Parameter | null;
  readonly k_proj_weight: Parameter | null;
  readonly v_proj_weight: Parameter | null;
  readonly in_proj_bias: Parameter | null;
  readonly bias_k: Parameter | null;
  readonly bias_v: Parameter | null;
  readonly out_proj: Linear;
  readonly dropout: number;
  readonly addZeroAttn: boolean;
  readonly batchFirst: boolean;
  readonly #generator: Generator | undefined;

  /** @throws InvalidArgumentError when the features do not divide into the heads. */
  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    check(
      embedDim > 0 && numHeads > 0 && embedDim % numHeads === 0,
      `MultiheadAttention: ${embedDim} features do not divide into ${numHeads} heads`,
    );
    const { bias = true, addBiasKv = false, kdim = embedDim, vdim = embedDim } = options;
    const generator = options.generator ?? defaultGenerator();
    this.dropout = options.dropout ?? 0;
    this.addZeroAttn = options.addZeroAttn ?? false;
    this.batchFirst = options.batchFirst ?? false;
    this.#generator = options.generator;
    const matrix = (inputs: number, outputs: number): Parameter => {
      const parameter = new Parameter(tf.zeros([inputs, outputs]), layouts.linear);
      init.xavierUniform(parameter, { generator });
      return parameter;
    };
    const packed = kdim === embedDim && vdim === embedDim;
    this.in_proj_weight = packed ? matrix(embedDim, 3 * embedDim) : null;
    this.q_proj_weight = packed ? null : matrix(embedDim, embedDim);
    this.k_proj_weight = packed ? null : matrix(kdim, embedDim);
    this.v_proj_weight = packed ? null : matrix(vdim, embedDim);
    this.in_proj_bias = bias ? new Parameter(tf.zeros([3 * embedDim])) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias, generator });
    if (this.out_proj.bias !== null) init.zeros(this.out_proj.bias);
    const extra = (): Parameter => {
      const parameter = new Parameter(tf.zeros([1, 1, embedDim]));
      init.xavierNormal(parameter, { generator });
      return parameter;
    };
    this.bias_k = addBiasKv ? extra() : null;
    this.bias_v = addBiasKv ? extra() : null;
  }

  /**
   * Queries [L, N, E], keys [S, N, kdim] and values [S, N, vdim] (batch first if so set; without N for a single
   * sequence) to [L, N, E].
   *
   * @throws InvalidArgumentError when shapes do not fit.
   */
  forward(
    query: tf.Tensor,
    key: tf.Tensor,
    value: tf.Tensor,
    call: MultiheadAttentionCall = {},
  ): MultiheadAttentionResult {
    const single = query.rank === 2;
    check(
      (single || query.rank === 3) && key.rank === query.rank && value.rank === query.rank,
      () =>
        `MultiheadAttention takes [batch, length, features] or [length, features], got [${query.shape.join(', ')}], [${key.shape.join(', ')}], [${value.shape.join(', ')}]`,
    );
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = call;
    return scope(() => {
      const batched = (x: tf.Tensor): tf.Tensor =>
        single ? tf.expandDims(x, 0) : this.batchFirst ? x : tf.transpose(x, [1, 0, 2]);
      // the same tensor stays the same, so that self-attention projects once
      const q = batched(query);
      const k = key === query ? q : batched(key);
      const v = value === key ? k : batched(value);
      const projected = this.#project(q, k, v).map((x) => this.#split(x)) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const n = q.shape[0]!;
      const mask = this.#mask(call, n, k.shape[1]!, projected[1].shape[1]! - k.shape[1]!);
      const dropoutP = this.training ? this.dropout : 0;
      const generator = this.#generator ?? defaultGenerator();
      const fused = needWeights
        ? null
        : fusedAttention(...projected, { attnMask: mask, isCausal, dropoutP, generator, headsLast: true });
      const { joined, weights } =
        fused === null ? this.#attend(...projected, mask, isCausal, needWeights) : { joined: fused, weights: null };
      const y = this.out_proj.forward(tf.reshape(joined, [n, q.shape[1]!, this.embedDim]));
      const unbatched = (x: tf.Tensor): tf.Tensor => (single ? tf.squeeze(x, [0]) : x);
      return {
        output: single || this.batchFirst ? unbatched(y) : tf.transpose(y, [1, 0, 2]),
        weights: weights === null ? null : unbatched(averageAttnWeights ? tf.mean(weights, 1) : weights),
      };
    });
  }

  /** Queries, keys and values [N, length, E], with the appended ones. */
  #project(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor[] {
    const e = this.embedDim;
    const bias = this.in_proj_bias?.value ?? null;
    let parts: tf.Tensor[];
    if (this.in_proj_weight !== null && q === k && k === v) {
      parts = tf.split(linear(q, this.in_proj_weight.value, bias), 3, -1);
    } else {
      const biases = bias === null ? [null, null, null] : tf.split(bias, 3);
      const weights =
        this.in_proj_weight === null
          ? [this.q_proj_weight!.value, this.k_proj_weight!.value, this.v_proj_weight!.value]
          : tf.split(this.in_proj_weight.value, 3, 1);
      parts = [q, k, v].map((x, i) => linear(x, weights[i]!, biases[i]!));
    }
    const n = q.shape[0]!;
    const append = (x: tf.Tensor, learned: Parameter | null): tf.Tensor => {
      const rows = [x];
      if (learned !== null) rows.push(tf.tile(learned.value, [n, 1, 1]));
      if (this.addZeroAttn) rows.push(tf.zeros([n, 1, e]));
      return rows.length === 1 ? x : tf.concat(rows, 1);
    };
    return [parts[0]!, append(parts[1]!, this.bias_k), append(parts[2]!, this.bias_v)];
  }

  /** [N, length, E] to [N, length, heads, E / heads]. */
  #split(x: tf.Tensor): tf.Tensor {
    const [n, length] = x.shape as [number, number];
    return tf.reshape(x, [n, length, this.numHeads, this.embedDim / this.numHeads]);
  }

  /** Attention by way of its weights: the result [N, L, heads, E / heads], and the weights where they are asked for. */
  #attend(
    q: tf.Tensor,
    k: tf.Tensor,
    v: tf.Tensor,
    mask: tf.Tensor | null,
    isCausal: boolean,
    needWeights: boolean,
  ): { joined: tf.Tensor; weights: tf.Tensor | null } {
    const [queries, keys, values] = [q, k, v].map((x) => tf.transpose(x, [0, 2, 1, 3])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const all = attentionWeights(queries, keys, { attnMask: mask, isCausal }, needWeights ? NaN : 0);
    const weights = this.training ? dropWeights(all, this.dropout, this.#generator ?? defaultGenerator()) : all;
    const joined = tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]);
    return { joined, weights: needWeights ? weights : null };
  }

  /** Both masks as one to be added to scores [N, heads, L, S + appended]; appended keys are always seen. */
  #mask(call: MultiheadAttentionCall, n: number, s: number, appended: number): tf.Tensor | null {
    // torch's masks here are true where a key is NOT seen
    const bias = (mask: tf.Tensor): tf.Tensor =>
      mask.dtype === 'bool' ? boolToBias(tf.logicalNot(mask)) : tf.cast(mask, 'float32');
    const masks: tf.Tensor[] = [];
    const { attnMask, keyPaddingMask } = call;
    if (attnMask !== undefined && attnMask !== null) {
      const [l, keys] = attnMask.shape.slice(-2);
      const fits = attnMask.rank === 2 || (attnMask.rank === 3 && attnMask.shape[0] === n * this.numHeads);
      check(
        fits && keys === s,
        () =>
          `MultiheadAttention: an attention mask of shape [${attnMask.shape.join(', ')}] for ${s} keys; it must be [L, S] or [batch * heads, L, S]`,
      );
      const shape = attnMask.rank === 2 ? [1, 1, l!, s] : [n, this.numHeads, l!, s];
      masks.push(tf.reshape(bias(attnMask), shape));
    }
    if (keyPaddingMask !== undefined && keyPaddingMask !== null) {
      check(
        keyPaddingMask.size === n * s,
        () =>
          `MultiheadAttention: a padding mask of shape [${keyPaddingMask.shape.join(', ')}] for ${n} sequences of ${s} keys`,
      );
      masks.push(tf.reshape(bias(keyPaddingMask), [n, 1, 1, s]));
    }
    if (masks.length === 0) return null;
    const mask = masks.length === 1 ? masks[0]! : tf.add(masks[0]!, masks[1]!);
    return appended === 0
      ? mask
      : tf.pad(mask, [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, appended],
        ]);
  }
}
