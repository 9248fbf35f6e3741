import * as tf from '@tensorflow/tfjs-core';
import {
  attention,
  attentionGradient,
  type AttentionAttributes,
  type AttentionInputs,
} from '../../kernels/attention/spec.js';
import { RandomBernoulli } from '../../kernels/random/spec.js';
import { scope } from '../../memory.js';
import { bernoulliMask } from '../../random/index.js';
import { customOp } from '../../gradients/custom-op.js';
import { headProduct, keyGradient, sumTo } from './heads.js';
import { attentionWeights, softmaxGradient, type AttentionOptions } from './weights.js';

export interface FusedAttentionOptions extends AttentionOptions {
  /** q, k, v and the result are [..., length, heads, features]. Default false: heads come before length. */
  readonly headsLast?: boolean;
}

/**
 * Attention without its matrix of weights, by the kernel of the active backend; null where it has none or the tensors are not
 * what it takes, and the caller composes it.
 */
export function fusedAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: FusedAttentionOptions,
): tf.Tensor | null {
  const { attnMask, isCausal = false, headsLast = false, dropoutP = 0, generator } = options;
  if (!attention.isBrought || (dropoutP > 0 && !RandomBernoulli.isBrought) || !fits(q, k, v, options)) return null;
  const keptScale = dropoutP < 1 ? 1 / (1 - dropoutP) : 0;
  const attrs = { causal: isCausal, scale: options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!), headsLast, keptScale };
  return scope(() => {
    // the weights that the composition would keep
    const kept = dropoutP > 0 ? bernoulliMask(scoreShape(q, k, headsLast), 1 - dropoutP, generator) : null;
    return attend({ q, k, v, mask: attnMask, kept }, attrs);
  });
}

function attend(given: AttentionInputs, attrs: AttentionAttributes): tf.Tensor {
  const present = Object.entries(given).filter(([, tensor]) => tensor != null) as Array<
    [keyof AttentionInputs, tf.Tensor]
  >;
  const named = (tensors: readonly tf.Tensor[]): AttentionInputs =>
    Object.fromEntries(present.map(([name], i) => [name, tensors[i]!])) as unknown as AttentionInputs;
  return customOp(
    present.map(([, tensor]) => tensor),
    (...tensors) => {
      const [value, logSumExp] = attention.run(named(tensors), attrs)!;
      return { value: value!, saved: [value!, logSumExp!] };
    },
    (dy, tensors, saved) => {
      const inputs = named(tensors);
      const direct =
        saved === null ? null : attentionGradient.run({ ...inputs, dy, y: saved[0]!, logSumExp: saved[1]! }, attrs);
      const [dq, dk, dv, dmask] = direct ?? composedGradients(dy, inputs, attrs);
      const gradients = { q: dq!, k: dk!, v: dv!, mask: ofMask, kept: () => tf.zeros(inputs.kept!.shape) };
      // only of a mask that is learned: its composition has a matrix of weights
      function ofMask(): tf.Tensor {
        if (inputs.mask!.dtype === 'bool') return tf.zeros(inputs.mask!.shape);
        return dmask ?? composedGradients(dy, inputs, attrs)[3]!;
      }
      return present.map(([name]) => gradients[name]);
    },
  );
}

/** Whether the kernel takes these: leading axes are not broadcast, and everything but a mask is float32. */
function fits(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: FusedAttentionOptions): boolean {
  const { attnMask = null, headsLast = false, enableGqa = false } = options;
  const same = [q, k, v].every((x) => x.dtype === 'float32' && x.rank === q.rank);
  if (!same || q.rank < (headsLast ? 3 : 2)) return false;
  const heads = headsLast ? -2 : -3;
  const lead = q.shape.slice(0, -3);
  if (![k, v].every((x) => tf.util.arraysEqual(x.shape.slice(0, -3), lead))) return false;
  const [h, g] = [q.shape.at(heads) ?? 1, k.shape.at(heads) ?? 1];
  if ((v.shape.at(heads) ?? 1) !== g || !(h === g || (enableGqa && g > 0 && h % g === 0))) return false;
  if (attnMask === null) return true;
  if (attnMask.dtype !== 'bool' && attnMask.dtype !== 'float32') return false;
  const full = scoreShape(q, k, headsLast);
  const shape = attnMask.shape;
  const offset = full.length - shape.length;
  return offset >= 0 && shape.every((n, axis) => n === 1 || n === full[axis + offset]);
}

/** [..., H, L, S] */
function scoreShape(q: tf.Tensor, k: tf.Tensor, headsLast: boolean): number[] {
  const [heads, length] = headsLast ? [-2, -3] : [-3, -2];
  const leading = q.rank > 2 ? [...q.shape.slice(0, -3), q.shape.at(heads)!] : [];
  return [...leading, q.shape.at(length)!, k.shape.at(length)!];
}

/** The gradients by q, k, v and the mask, of operations that have gradients themselves. */
function composedGradients(
  dy: tf.Tensor,
  { q, k, v, mask = null, kept = null }: AttentionInputs,
  { causal, scale, headsLast, keptScale }: AttentionAttributes,
): tf.Tensor[] {
  return scope(() => {
    // heads before lengths, or back
    const turned = (x: tf.Tensor): tf.Tensor => {
      if (!headsLast) return x;
      const axes = x.shape.map((_, axis) => axis);
      [axes[x.rank - 3], axes[x.rank - 2]] = [x.rank - 2, x.rank - 3];
      return tf.transpose(x, axes);
    };
    const [ofY, queries, keys, values] = [dy, q, k, v].map(turned) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const grouped = queries.shape.at(-3) !== keys.shape.at(-3);
    const options = { attnMask: mask, isCausal: causal, scale, enableGqa: grouped };
    const weights = attentionWeights(queries, keys, options);
    const factors = kept === null ? null : tf.mul(tf.cast(kept, 'float32'), keptScale);
    const dropped = (x: tf.Tensor): tf.Tensor => (factors === null ? x : tf.mul(x, factors));
    const ofScores = softmaxGradient(dropped(headProduct(ofY, values, grouped, true)), weights);
    const scaled = tf.mul(ofScores, scale);
    const gradients = [
      headProduct(scaled, keys, grouped),
      keyGradient(scaled, queries, grouped, keys.shape),
      keyGradient(dropped(weights), ofY, grouped, values.shape),
    ].map(turned);
    return mask === null ? gradients : [...gradients, sumTo(ofScores, mask.shape)];
  });
}
