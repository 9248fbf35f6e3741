import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { defaultGenerator } from '../../random/index.js';
import { fusedAttention } from './fused.js';
import { headProduct } from '../../kernels/attention/heads.js';
import { attentionWeights, checkDropout, dropWeights, type AttentionOptions } from './weights.js';

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
  checkDropout(dropoutP);
  const fused = fusedAttention(q, k, v, { ...options, generator });
  if (fused !== null) return fused;
  return scope(() => {
    const weights = dropWeights(attentionWeights(q, k, options), dropoutP, generator);
    return headProduct(weights, v, options.enableGqa ?? false);
  });
}
