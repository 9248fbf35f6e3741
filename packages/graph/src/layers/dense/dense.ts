import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import { maxDenseNodes } from '../../edges/to-dense.js';

/** Graphs of a batch with their adjacency matrices. */
export interface DenseGraphs {
  /** float32 [batch, nodes, features] */
  readonly x: tf.Tensor;
  /** float32 [batch, nodes, nodes], or [1, nodes, nodes] for all */
  readonly adj: tf.Tensor;
}

/**
 * A batch of dense graphs, also of one graph without a batch axis.
 *
 * @throws InvalidArgumentError when shapes do not fit, or there are more than 5,000 nodes
 */
export function denseGraphs(what: string, x: tf.Tensor, adj: tf.Tensor): DenseGraphs {
  const batched = (t: tf.Tensor): tf.Tensor => (t.rank === 2 ? tf.expandDims(t, 0) : t);
  const given = { x: batched(x), adj: batched(adj) };
  const [batch, nodes] = given.x.shape as [number, number];
  const [matrices, rows, columns] = given.adj.shape;
  check(
    given.x.rank === 3 &&
      given.adj.rank === 3 &&
      rows === nodes &&
      columns === nodes &&
      (matrices === batch || matrices === 1),
    () =>
      `${what} takes features [batch, nodes, width] and adjacency matrices [batch, nodes, nodes], ` +
      `got [${x.shape.join(', ')}] and [${adj.shape.join(', ')}]`,
  );
  check(
    nodes <= maxDenseNodes,
    () =>
      `${what}: ${nodes} nodes; a dense matrix of more than ${maxDenseNodes} takes too much memory. Use a layer on edges.`,
  );
  return given;
}

/** The mask as float32 [batch, nodes, 1]. */
export function maskColumn(what: string, mask: tf.Tensor, { x }: DenseGraphs): tf.Tensor {
  const [batch, nodes] = x.shape as [number, number];
  check(
    mask.size === batch * nodes,
    () =>
      `${what}: a mask of ${batch} graphs with ${nodes} nodes is [${batch}, ${nodes}], got [${mask.shape.join(', ')}]`,
  );
  return tf.cast(tf.reshape(mask, [batch, nodes, 1]), 'float32');
}

/** y with zeros where the mask says that there is no node. */
export function masked(what: string, y: tf.Tensor, mask: tf.Tensor | null, graphs: DenseGraphs): tf.Tensor {
  return mask === null ? y : tf.mul(y, maskColumn(what, mask, graphs));
}

/** Matrices [batch, n, n] with this value on their diagonals. */
export function withDiagonal(matrices: tf.Tensor, value: number): tf.Tensor {
  const eye = tf.eye(matrices.shape[1]!);
  const without = tf.mul(matrices, tf.sub(1, eye));
  return value === 0 ? without : tf.add(without, tf.mul(eye, value));
}

/** x, or 1 where it is not larger; constant there, as in the reference, also where they are equal. */
export function atLeastOne(x: tf.Tensor): tf.Tensor {
  return tf.where(tf.greater(x, 1), x, tf.onesLike(x));
}
