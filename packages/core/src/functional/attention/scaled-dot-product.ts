import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { defaultGenerator, type Generator } from '../../random/index.js';
import { drop } from '../dropout/drop.js';
import { customOp } from '../custom-op.js';

export interface AttentionOptions {
  /** Broadcast to [..., L, S]. Bool: true takes part. Float: added to the scores. */
  readonly attnMask?: tf.Tensor | null;
  /** Query i sees keys 0 … i, counted from the top left also where L and S differ. Default false. */
  readonly isCausal?: boolean;
  /** Factor of the scores. Default 1 / sqrt(E). */
  readonly scale?: number | null;
  /** Keys and values have fewer heads (axis -3), each shared by a run of neighbouring query heads. Default false. */
  readonly enableGqa?: boolean;
  /** Probability of dropping an attention weight. Default 0. */
  readonly dropoutP?: number;
  readonly generator?: Generator;
}

/**
 * Attention of queries [..., L, E] to keys [..., S, E] with values [..., S, V]: [..., L, V] (Vaswani et al. 2017,
 * arXiv:1706.03762), with torch's masks; a query that sees nothing gives zeros, as there.
 *
 * @throws InvalidArgumentError when shapes do not fit.
 */
export function scaledDotProductAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: AttentionOptions = {},
): tf.Tensor {
  check(
    q.rank >= 2 && k.rank >= 2 && v.rank >= 2 && q.shape.at(-1) === k.shape.at(-1) && k.shape.at(-2) === v.shape.at(-2),
    () =>
      `attention: queries [${q.shape.join(', ')}], keys [${k.shape.join(', ')}] and values [${v.shape.join(', ')}] do not fit: keys need the queries' last axis and the values' last but one`,
  );
  const { dropoutP = 0, generator = defaultGenerator() } = options;
  return scope(() => {
    const weights = dropWeights(attentionWeights(q, k, options), dropoutP, generator);
    return headProduct(weights, v, options.enableGqa ?? false);
  });
}

/** Zeroes attention weights with probability p and scales the rest. */
export function dropWeights(weights: tf.Tensor, p: number, generator: Generator): tf.Tensor {
  check(p >= 0 && p <= 1, `attention: dropout probability must be between 0 and 1, got ${p}`);
  return p === 0 ? weights : drop(weights, p, generator);
}

/**
 * Attention weights [..., L, S] of queries [..., L, E] to keys [..., S, E].
 *
 * @param unseen what a query that sees no key gets in every weight: 0, or NaN as a plain softmax gives.
 */
export function attentionWeights(
  q: tf.Tensor,
  k: tf.Tensor,
  options: Pick<AttentionOptions, 'attnMask' | 'isCausal' | 'scale' | 'enableGqa'> = {},
  unseen: 0 | typeof NaN = 0,
): tf.Tensor {
  const { attnMask = null, isCausal = false, enableGqa = false } = options;
  const factor = options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!);
  const [l, s] = [q.shape.at(-2)!, k.shape.at(-2)!];
  return scope(() => {
    const mask = combinedMask(attnMask, isCausal, l, s);
    const learned = mask !== null && attnMask !== null && attnMask.dtype !== 'bool';
    const weigh = (q: tf.Tensor, k: tf.Tensor, mask: tf.Tensor | null): tf.Tensor => {
      const scores = headProduct(tf.mul(q, factor), k, enableGqa, true);
      if (mask === null) return tf.softmax(scores);
      // every row of a causal mask sees its first key
      if (attnMask === null) return tf.softmax(tf.add(scores, mask));
      const sees = tf.greater(tf.max(mask, -1, true), -Infinity);
      const safe = tf.where(sees, mask, tf.zerosLike(mask));
      const keep = tf.where(sees, tf.ones(sees.shape), tf.fill(sees.shape, unseen));
      return tf.mul(tf.softmax(tf.add(scores, safe)), keep);
    };
    return customOp(
      mask === null ? [q, k] : [q, k, mask],
      (q, k, mask) => {
        const value = weigh(q!, k!, mask ?? null);
        return { value, saved: [value] };
      },
      (dy, [q, k, mask], saved) => {
        const weights = saved?.[0] ?? weigh(q!, k!, mask ?? null);
        const weighted = tf.mul(dy, weights);
        const ofScores = tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
        const scaled = tf.mul(ofScores, factor);
        const gradients = [
          sumTo(headProduct(scaled, k!, enableGqa), q!.shape),
          sumTo(keyGradient(scaled, q!, enableGqa, k!.shape), k!.shape),
        ];
        if (mask !== undefined) gradients.push(learned ? sumTo(ofScores, mask.shape) : tf.zerosLike(mask));
        return gradients;
      },
    );
  });
}

/** What to add to the scores: 0 where a key is seen, -inf where not. */
function combinedMask(attnMask: tf.Tensor | null, isCausal: boolean, l: number, s: number): tf.Tensor | null {
  const additive =
    attnMask === null ? null : attnMask.dtype === 'bool' ? boolToBias(attnMask) : tf.cast(attnMask, 'float32');
  if (!isCausal) return additive;
  const causal = causalBias(l, s);
  return additive === null ? causal : tf.add(additive, causal);
}

/** A bool mask, true where a key is seen, as 0 and -inf to be added to scores. */
export function boolToBias(seen: tf.Tensor): tf.Tensor {
  return tf.where(tf.cast(seen, 'bool'), tf.zeros(seen.shape), tf.fill(seen.shape, -Infinity));
}

/** [l, s]: 0 where query i may see key j (j <= i), -inf elsewhere. */
export function causalBias(l: number, s: number): tf.Tensor {
  const values = new Float32Array(l * s);
  for (let i = 0; i < l; i++) values.fill(-Infinity, Math.min(i * s + i + 1, (i + 1) * s), (i + 1) * s);
  return tf.tensor2d(values, [l, s]);
}

/**
 * a [..., H, L, K] times b [..., G, K, M] (or its transpose), where each of the G heads of b serves H / G heads of a:
 * those heads are stacked along L, so that b is not repeated.
 */
function headProduct(a: tf.Tensor, b: tf.Tensor, grouped: boolean, transposeB = false): tf.Tensor {
  if (!grouped) return tf.matMul(a, b, false, transposeB);
  const [heads, groups] = headCounts(a, b);
  const rows = a.shape.at(-2)!;
  const batch = a.shape.slice(0, -3);
  const stacked = tf.reshape(a, [...batch, groups, (heads / groups) * rows, a.shape.at(-1)!]);
  const product = tf.matMul(stacked, b, false, transposeB);
  return tf.reshape(product, [...product.shape.slice(0, -3), heads, rows, product.shape.at(-1)!]);
}

/** The gradient of the scores by the keys: scoresᵀ q, summed over the heads that share a key head. */
function keyGradient(dy: tf.Tensor, q: tf.Tensor, grouped: boolean, keyShape: readonly number[]): tf.Tensor {
  if (!grouped) return tf.matMul(dy, q, true, false);
  const groups = keyShape.at(-3)!;
  const stack = (x: tf.Tensor): tf.Tensor =>
    tf.reshape(x, [...x.shape.slice(0, -3), groups, (x.shape.at(-3)! / groups) * x.shape.at(-2)!, x.shape.at(-1)!]);
  return tf.matMul(stack(dy), stack(q), true, false);
}

function headCounts(a: tf.Tensor, b: tf.Tensor): [heads: number, groups: number] {
  const [heads, groups] = [a.shape.at(-3), b.shape.at(-3)];
  check(
    heads !== undefined && groups !== undefined && Number.isInteger(heads / groups),
    () => `grouped attention: ${heads} query heads (axis -3) are not a multiple of ${groups} key heads`,
  );
  return [heads, groups];
}

/** Sums a broadcast gradient back to `shape`. */
function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (tf.util.arraysEqual(x.shape, [...shape])) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < lead || shape[axis - lead] === 1);
  return tf.reshape(tf.sum(x, axes), [...shape]);
}
