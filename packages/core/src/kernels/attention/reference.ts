import * as tf from '@tensorflow/tfjs-core';
import { constantOp } from '../../gradients/custom-op.js';
import { scope } from '../../memory.js';
import { headProduct, keyGradient, sumTo } from './heads.js';
import { combinedMask } from './masks.js';
import type { AttentionAttributes, AttentionGradientInputs, AttentionInputs } from './spec.js';

/** Heads before lengths, or back. */
function turned(x: tf.Tensor, { headsLast }: AttentionAttributes): tf.Tensor {
  if (!headsLast) return x;
  const axes = x.shape.map((_, axis) => axis);
  [axes[x.rank - 3], axes[x.rank - 2]] = [x.rank - 2, x.rank - 3];
  return tf.transpose(x, axes);
}

interface Problem {
  /** [..., heads, length, features] */
  readonly q: tf.Tensor;
  readonly k: tf.Tensor;
  readonly v: tf.Tensor;
  readonly grouped: boolean;
  /** [..., H, L, S], -inf where a key is not seen. */
  readonly scores: tf.Tensor;
  /** Puts 0 where weights are dropped, and scales the rest. */
  dropped(weights: tf.Tensor): tf.Tensor;
}

function problemOf({ q, k, v, mask = null, kept = null }: AttentionInputs, attrs: AttentionAttributes): Problem {
  const [queries, keys, values] = [q, k, v].map((x) => turned(x, attrs)) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const grouped = queries.rank > 2 && queries.shape.at(-3) !== keys.shape.at(-3);
  const products = headProduct(tf.mul(queries, attrs.scale), keys, grouped, true);
  const bias = combinedMask(mask, attrs.causal, queries.shape.at(-2)!, keys.shape.at(-2)!);
  return {
    q: queries,
    k: keys,
    v: values,
    grouped,
    scores: bias === null ? products : tf.add(products, bias),
    dropped: (weights) =>
      kept === null ? weights : tf.mul(weights, tf.mul(tf.cast(kept, 'float32'), attrs.keptScale)),
  };
}

export function attentionReference(inputs: AttentionInputs, attrs: AttentionAttributes): tf.Tensor[] {
  const { scores, v, grouped, dropped } = problemOf(inputs, attrs);
  const rows = scores.shape.slice(0, -1);
  if (scores.size === 0) {
    const shape = [...inputs.q.shape.slice(0, -1), inputs.v.shape.at(-1)!];
    return [tf.zeros(shape), tf.fill(rows, Infinity)];
  }
  const largest = constantOp(() => tf.max(scores, -1, true));
  const sees = tf.greater(largest, -Infinity);
  const base = tf.where(sees, largest, tf.zerosLike(largest));
  const powers = tf.exp(tf.sub(scores, base));
  const sum = tf.sum(powers, -1, true);
  const safe = tf.where(sees, sum, tf.onesLike(sum));
  const y = headProduct(dropped(tf.div(powers, safe)), v, grouped);
  const logSumExp = tf.where(sees, tf.add(base, tf.log(safe)), tf.fill(base.shape, Infinity));
  return [turned(y, attrs), tf.reshape(logSumExp, rows)];
}

/** The gradients by the scores, and the weights. */
function ofScores(
  { dy, y, logSumExp }: Pick<AttentionGradientInputs, 'dy' | 'y' | 'logSumExp'>,
  { v, grouped, scores, dropped }: Problem,
  attrs: AttentionAttributes,
): { weights: tf.Tensor; slopes: tf.Tensor } {
  const weights = tf.exp(tf.sub(scores, tf.expandDims(logSumExp, -1)));
  const upstream = dropped(headProduct(turned(dy, attrs), v, grouped, true));
  const inner = turned(tf.sum(tf.mul(dy, y), -1, true), attrs);
  return { weights, slopes: tf.mul(weights, tf.sub(upstream, inner)) };
}

export function attentionGradientReference(inputs: AttentionGradientInputs, attrs: AttentionAttributes): tf.Tensor[] {
  const problem = problemOf(inputs, attrs);
  const { q, k, v, grouped } = problem;
  if (problem.scores.size === 0) return [inputs.q, inputs.k, inputs.v].map((x) => tf.zerosLike(x));
  const { weights, slopes } = ofScores(inputs, problem, attrs);
  const scaled = tf.mul(slopes, attrs.scale);
  return [
    headProduct(scaled, k, grouped),
    keyGradient(scaled, q, grouped, k.shape),
    keyGradient(problem.dropped(weights), turned(inputs.dy, attrs), grouped, v.shape),
  ].map((x) => turned(x, attrs));
}

/** The gradient by an additive mask, which goes through the matrix of scores. */
export function maskGradient(inputs: AttentionGradientInputs, attrs: AttentionAttributes): tf.Tensor {
  return scope(() => {
    const problem = problemOf(inputs, attrs);
    if (problem.scores.size === 0) return tf.zerosLike(inputs.mask!);
    return sumTo(ofScores(inputs, problem, attrs).slopes, inputs.mask!.shape);
  });
}
