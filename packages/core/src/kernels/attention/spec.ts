import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { attentionGradientReference, attentionReference } from './reference.js';

export interface AttentionInputs {
  /** Queries [..., H, L, E]. */
  readonly q: tf.Tensor;
  /** Keys [..., G, S, E]; each of the G heads serves H / G neighbouring heads of q. */
  readonly k: tf.Tensor;
  /** Values [..., G, S, V]. */
  readonly v: tf.Tensor;
  /** Broadcasts to [..., H, L, S]. Bool: true is seen. Float32: added to the scores. */
  readonly mask?: tf.Tensor | null;
  /** Bool [..., H, L, S]: which weights are kept, times {@link AttentionAttributes.keptScale}; the others become 0. */
  readonly kept?: tf.Tensor | null;
}

export interface AttentionAttributes {
  /** Query i sees keys 0 … i. */
  readonly causal: boolean;
  /** Factor of the scores. */
  readonly scale: number;
  /** Tensors are [..., L, H, E] instead of [..., H, L, E] (lengths before heads); the mask stays [..., H, L, S]. */
  readonly headsLast: boolean;
  /** Factor of the weights that `kept` keeps. */
  readonly keptScale: number;
}

export interface AttentionGradientInputs extends AttentionInputs {
  /** What attention gave, and its cotangent, both [..., H, L, V]. */
  readonly y: tf.Tensor;
  readonly dy: tf.Tensor;
  /** Attention's second output. */
  readonly logSumExp: tf.Tensor;
}

/**
 * Attention without its matrix of weights (FlashAttention, Dao et al. 2022, arXiv:2205.14135): softmax(scale q kᵀ + mask) v
 * as [..., H, L, V], and the log-sum-exp of each query's scores [..., H, L]. A query that sees nothing gives zeros, and
 * infinity for its log-sum-exp. All tensors are float32 but `kept` and a bool mask; q, k and v
 * have the same rank and the same leading axes.
 */
export const attention = ownKernel<AttentionInputs, AttentionAttributes>('Attention', attentionReference);

/** The gradients of {@link attention} by q, k and v. */
export const attentionGradient = ownKernel<AttentionGradientInputs, AttentionAttributes>(
  'AttentionGradient',
  attentionGradientReference,
);
