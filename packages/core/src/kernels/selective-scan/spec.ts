import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { selectiveScan, selectiveScanGrad } from './reference.js';

/** Inputs of the selective scan, all float32; B sequences of L steps, D channels with N states each. */
export interface SelectiveScanInputs {
  /** [B, L, D]. */
  readonly u: tf.Tensor;
  /** Step sizes [B, L, D]; `deltaBias` [D] is added first where it is given. */
  readonly delta: tf.Tensor;
  /** [D, N]. */
  readonly A: tf.Tensor;
  /** [B, L, G, N] for G groups of D / G neighbouring channels each, and so is C. */
  readonly B: tf.Tensor;
  readonly C: tf.Tensor;
  /** What skips the states: [D]. */
  readonly D?: tf.Tensor | null;
  /** What the result is gated by: [B, L, D]. */
  readonly z?: tf.Tensor | null;
  readonly deltaBias?: tf.Tensor | null;
  /** The state before the first step, [B, D, N]; zeros where it is left out. */
  readonly initialState?: tf.Tensor | null;
}

export interface SelectiveScanAttrs {
  /** Whether softplus makes the step sizes positive. */
  readonly deltaSoftplus: boolean;
}

/**
 * The selective state space of Mamba (Gu and Dao 2023, arXiv:2312.00752, algorithm 2), channel by channel:
 *
 *     h_t = exp(Δ_t A) h_(t-1) + Δ_t B_t u_t,    y_t = (C_t · h_t + D u_t) · silu(z_t),    Δ = softplus(delta + deltaBias)
 *
 * Gives y [B, L, D], the last state [B, D, N], and the states before the steps 0, 32, 64, …: [B, ceil(L / 32), N, D], for the
 * gradient. Channels come last; the authors' `selective_scan_fn` has [B, D, L], and [B, G, N, L] for B and C. N is at least 1; the other sizes may be 0.
 */
export const SelectiveScan = ownKernel<SelectiveScanInputs, SelectiveScanAttrs>('SelectiveScan', selectiveScan);

export interface SelectiveScanGradInputs extends SelectiveScanInputs {
  /** The gradient of y. */
  readonly dy: tf.Tensor;
  /** The gradient of the last state; none where it is left out. */
  readonly dstate?: tf.Tensor | null;
  /** The states that {@link SelectiveScan} kept. */
  readonly kept: tf.Tensor;
}

/**
 * Gradients of {@link SelectiveScan} by u, delta, A, B and C, then by those of D, z, deltaBias and initialState that are given, in
 * this order.
 */
export const SelectiveScanGrad = ownKernel<SelectiveScanGradInputs, SelectiveScanAttrs>(
  'SelectiveScanGrad',
  selectiveScanGrad,
);
