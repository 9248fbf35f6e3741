import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { SampledProduct } from '../../kernels/sampled-product/spec.js';
import { SparseProduct } from '../../kernels/sparse-product/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import type { Adjacency } from './adjacency.js';

/**
 * Sparse-dense product: every node's sum over the edges that lead to it, y[d] = Σ weights[e] · x[source of e]. With weights of
 * several heads, head h of x is summed with head h of the weights, as in graph attention. Differentiable any number of times in
 * x and weights.
 *
 * @param adjacency made once, outside of the step
 * @param weights float32 [edges] or [edges, heads]; null for ones
 * @param x float32 [sources, …features]; [sources, heads, …features] with weights of heads
 * @returns float32 [destinations, …as x]; zeros for a node that no edge leads to
 * @throws InvalidArgumentError when shapes do not fit
 */
export function spmm(adjacency: Adjacency, weights: tf.Tensor | null, x: tf.Tensor): tf.Tensor {
  check(
    x.rank > 0 && x.shape[0] === adjacency.sources,
    () => `spmm: x must be [${adjacency.sources}, …], a row for each source, got [${x.shape.join(', ')}]`,
  );
  if (weights !== null) {
    check(
      weights.shape[0] === adjacency.edges &&
        (weights.rank === 1 || (weights.rank === 2 && x.rank > 1 && weights.shape[1] === x.shape[1])),
      () =>
        `spmm: weights must be [${adjacency.edges}] or [${adjacency.edges}, heads] for x [${x.shape.join(', ')}], ` +
        `got [${weights.shape.join(', ')}]`,
    );
  }
  const heads = weights?.shape[1] ?? 1;
  const rows = tf.util.sizeFromShape(x.shape.slice(1));
  return scope(() => {
    const flat: tf.Tensor3D = tf.reshape(x, [adjacency.sources, heads, rows / Math.max(heads, 1)]);
    const factors: tf.Tensor2D | null = weights === null ? null : tf.reshape(weights, [adjacency.edges, heads]);
    return tf.reshape(sparseProduct(adjacency, factors, flat), [adjacency.destinations, ...x.shape.slice(1)]);
  });
}

/**
 * {@link spmm} of weights [edges, heads] and x [sources, heads, width]. An operation of its own, since its gradient is a product with
 * the transposed matrix, which the kernel does not know.
 */
function sparseProduct(adjacency: Adjacency, weights: tf.Tensor2D | null, x: tf.Tensor3D): tf.Tensor3D {
  return customOp(
    weights === null ? [x] : [x, weights],
    (x, weights) => ({
      value: SparseProduct.run({ x: x!, ...adjacency.rows, weights: weights ?? null }, { mean: false })[0]!,
    }),
    (dy, [x, weights]) => {
      const factors = (weights ?? null) as tf.Tensor2D | null;
      const dx = (): tf.Tensor => sparseProduct(adjacency.transposed, factors, dy as tf.Tensor3D);
      if (factors === null) return [dx];
      // constant features or constant weights cost nothing
      return [dx, () => sampledProduct(adjacency, dy as tf.Tensor3D, x as tf.Tensor3D)];
    },
  ) as tf.Tensor3D;
}

/**
 * Sampled dense-dense product: the inner product of the vectors at both ends of each edge, head by head, without a copy of
 * them for each edge. Differentiable any number of times.
 *
 * @param adjacency made once, outside of the step
 * @param a float32 [destinations, heads, width]
 * @param b float32 [sources, heads, width]
 * @returns float32 [edges, heads]
 * @throws InvalidArgumentError when shapes do not fit
 */
export function sddmm(adjacency: Adjacency, a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  check(
    a.rank === 3 &&
      b.rank === 3 &&
      a.shape[0] === adjacency.destinations &&
      b.shape[0] === adjacency.sources &&
      a.shape[1] === b.shape[1] &&
      a.shape[2] === b.shape[2],
    () =>
      `sddmm: takes [${adjacency.destinations}, heads, width] of the destinations and [${adjacency.sources}, heads, width] of ` +
      `the sources, got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
  );
  return sampledProduct(adjacency, a as tf.Tensor3D, b as tf.Tensor3D);
}

/** For every edge and head a[destination] · b[source]: [edges, heads]. */
function sampledProduct(adjacency: Adjacency, a: tf.Tensor3D, b: tf.Tensor3D): tf.Tensor2D {
  return customOp(
    [a, b],
    (a, b) => ({ value: SampledProduct.run({ a: a!, b: b!, ...adjacency.rows }, {})[0]! }),
    (dw, [a, b]) => [
      () => sparseProduct(adjacency, dw as tf.Tensor2D, b as tf.Tensor3D),
      () => sparseProduct(adjacency.transposed, dw as tf.Tensor2D, a as tf.Tensor3D),
    ],
  ) as tf.Tensor2D;
}
