import type * as tf from '@tensorflow/tfjs-core';
import { attend } from '../../kernels/attention/gradient.js';
import { attentionLayout } from '../../kernels/attention/layout.js';
import { attention } from '../../kernels/attention/spec.js';
import { scope } from '../../memory.js';
import { bernoulliMask } from '../../random/index.js';
import type { AttentionOptions } from './weights.js';

export interface FusedAttentionOptions extends AttentionOptions {
  /** q, k, v and the result are [..., length, heads, features]. Default false: heads come before length. */
  readonly headsLast?: boolean;
}

/**
 * Attention without its matrix of weights, by the kernel of the active backend. Null where that has none, and the caller composes
 * it and keeps the weights for the backward pass, which is faster than the kernel's reference; and for tensors
 * that are not what the kernel takes.
 */
export function fusedAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  options: FusedAttentionOptions,
): tf.Tensor | null {
  const { attnMask, isCausal = false, headsLast = false, dropoutP = 0, generator } = options;
  if (!attention.isBrought) return null;
  const layout = attentionLayout({ q, k, v, mask: attnMask }, { headsLast });
  if (layout === null || (layout.heads !== layout.groups && options.enableGqa !== true)) return null;
  const keptScale = dropoutP < 1 ? 1 / (1 - dropoutP) : 0;
  const attrs = { causal: isCausal, scale: options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!), headsLast, keptScale };
  return scope(() => {
    // the weights that the composition would keep
    const kept = dropoutP > 0 ? bernoulliMask(layout.scores, 1 - dropoutP, generator) : null;
    return attend({ q, k, v, mask: attnMask ?? null, kept }, attrs);
  });
}
