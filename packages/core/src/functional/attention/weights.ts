import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import type { Generator } from '../../random/index.js';
import { customOp } from '../../gradients/custom-op.js';
import { drop } from '../dropout/drop.js';
import { headProduct, keyGradient, sumTo } from '../../kernels/attention/heads.js';
import { combinedMask } from '../../kernels/attention/masks.js';

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

/** @throws InvalidArgumentError when `p` is no probability. */
export function checkDropout(p: number): void {
  check(p >= 0 && p <= 1, `attention: dropout probability must be between 0 and 1, got ${p}`);
}

/** Zeroes attention weights with probability p and scales the rest. */
export function dropWeights(weights: tf.Tensor, p: number, generator: Generator): tf.Tensor {
  checkDropout(p);
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
        const ofScores = softmaxGradient(dy, weights);
        const scaled = tf.mul(ofScores, factor);
        const gradients = [
          sumTo(headProduct(scaled, k!, enableGqa), q!.shape),
          sumTo(keyGradient(scaled, q!, enableGqa, k!.shape), k!.shape),
        ];
        if (mask === undefined) return gradients;
        return [...gradients, learned ? sumTo(ofScores, mask.shape) : () => tf.zerosLike(mask)];
      },
    );
  });
}

/** The gradient by what the softmax over the last axis was taken of. */
function softmaxGradient(dy: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const weighted = tf.mul(dy, weights);
  return tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
}
