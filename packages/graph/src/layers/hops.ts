import * as tf from '@tensorflow/tfjs-core';
import { checkCount, functional, scope } from '@hourglass/core';
import { gcnNorm, type EdgeIndex, type GcnNormOptions } from '../edges/index.js';

export interface HopOptions extends GcnNormOptions {
  /** Divides by the degrees, as {@link gcnNorm}. Default true. */
  readonly normalize?: boolean;
}

/**
 * One hop, x to S x, where S is the adjacency with self loops and divided by degrees as the options say. For use inside a scope.
 *
 * @param weight float32 [edges]; null for ones
 */
export function hop(edges: EdgeIndex, weight: tf.Tensor | null, options: HopOptions = {}): (x: tf.Tensor) => tf.Tensor {
  const { normalize = true, ...norm } = options;
  const weighted = normalize ? gcnNorm(edges, weight, norm) : { edges, weight };
  return (x) => functional.spmm(weighted.edges.adjacency, weighted.weight, x);
}

/** x, S x, S² x, … : K + 1 tensors. For use inside a scope. */
export function hops(x: tf.Tensor, K: number, once: (x: tf.Tensor) => tf.Tensor): tf.Tensor[] {
  checkCount('K, the number of hops,', K, 0);
  const powers = [x];
  for (let k = 0; k < K; k++) powers.push(once(powers[k]!));
  return powers;
}

/**
 * Features spread over K hops, S^K x with S = D^-1/2 (A + I) D^-1/2 (or as the options say). Computed once before training, they make
 * training a matter of linear regression: `conv.lin.forward(propagateHops(x, edges, conv.K))` is what {@link SGConv} gives (Wu et al.
 * 2019, arXiv:1902.07153).
 *
 * @param x float32 [nodes, channels]
 * @returns float32 [nodes, channels]
 */
export function propagateHops(
  x: tf.Tensor,
  edges: EdgeIndex,
  K: number,
  options: HopOptions & { readonly edgeWeight?: tf.Tensor | null } = {},
): tf.Tensor {
  const { edgeWeight = null, ...rest } = options;
  return scope(() => tf.clone(hops(x, K, hop(edges, edgeWeight, rest)).at(-1)!));
}
