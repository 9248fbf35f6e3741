import * as tf from '@tensorflow/tfjs-core';
import { attention, attentionGradient, type AttentionAttributes } from '../../kernels/attention/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../custom-op.js';
import { headProduct, keyGradient, sumTo } from './heads.js';
import { attentionWeights, softmaxGradient, type AttentionOptions } from './weights.js';

export interface FusedAttentionOptions extends Pick<AttentionOptions, 'attnMask' | 'isCausal' | 'scale' | 'enableGqa'> {
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
  const { attnMask = null, isCausal = false, headsLast = false } = options;
  if (tf.getKernel(attention.kernelName, tf.getBackend()) == null || !fits(q, k, v, options)) return null;
  const attrs = { causal: isCausal, scale: options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!), headsLast };
  return customOp(
    attnMask === null ? [q, k, v] : [q, k, v, attnMask],
    (q, k, v, mask) => {
      const [value, logSumExp] = attention.run({ q: q!, k: k!, v: v!, mask: mask ?? null }, attrs)!;
      return { value: value!, saved: [value!, logSumExp!] };
    },
    (dy, inputs, saved) => {
      const [q, k, v, mask = null] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?];
      const [y, logSumExp] = saved ?? [];
      const direct =
        saved === null ? null : attentionGradient.run({ q, k, v, mask, dy, y: y!, logSumExp: logSumExp! }, attrs);
      const composed = (): tf.Tensor[] => composedGradients(dy, q, k, v, mask, attrs);
      const gradients = direct ?? composed();
      if (mask === null) return gradients;
      // of a learned mask; its composition has a matrix of weights
      const ofMask = (): tf.Tensor => (mask.dtype === 'bool' ? tf.zeros(mask.shape) : (gradients[3] ?? composed()[3]!));
      return [...gradients.slice(0, 3), ofMask];
    },
  );
}

/** Whether the kernel takes these: leading axes are not broadcast, and everything but a mask is float32. */
function fits(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, options: FusedAttentionOptions): boolean {
  const { attnMask = null, headsLast = false, enableGqa = false } = options;
  const same = [q, k, v].every((x) => x.dtype === 'float32' && x.rank === q.rank);
  if (!same || q.rank < (headsLast ? 3 : 2)) return false;
  const [heads, length] = headsLast ? [-2, -3] : [-3, -2];
  const lead = q.shape.slice(0, -3);
  if (![k, v].every((x) => tf.util.arraysEqual(x.shape.slice(0, -3), lead))) return false;
  const [h, g] = [q.shape.at(heads) ?? 1, k.shape.at(heads) ?? 1];
  if ((v.shape.at(heads) ?? 1) !== g || !(h === g || (enableGqa && g > 0 && h % g === 0))) return false;
  if (attnMask === null) return true;
  if (attnMask.dtype !== 'bool' && attnMask.dtype !== 'float32') return false;
  const full = [...(q.rank > 2 ? [...lead, h] : []), q.shape.at(length)!, k.shape.at(length)!];
  const shape = attnMask.shape;
  const offset = full.length - shape.length;
  return offset >= 0 && shape.every((n, axis) => n === 1 || n === full[axis + offset]);
}

/** The gradients by q, k, v and the mask, of operations that have gradients themselves. */
function composedGradients(
  dy: tf.Tensor,
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  mask: tf.Tensor | null,
  { causal, scale, headsLast }: AttentionAttributes,
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
    const ofScores = softmaxGradient(headProduct(ofY, values, grouped, true), weights);
    const scaled = tf.mul(ofScores, scale);
    const gradients = [
      headProduct(scaled, keys, grouped),
      keyGradient(scaled, queries, grouped, keys.shape),
      keyGradient(weights, ofY, grouped, values.shape),
    ].map(turned);
    return mask === null ? gradients : [...gradients, sumTo(ofScores, mask.shape)];
  });
}
