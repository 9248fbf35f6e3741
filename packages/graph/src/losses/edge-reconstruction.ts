import * as tf from '@tensorflow/tfjs-core';
import { check, customOp, functional, scope } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';

/**
 * Cross entropy of edges that are there and of pairs that are not, each averaged over their own: -mean log σ(positive) -
 * mean log (1 - σ(negative)).
 *
 * @param positive float32 [edges]: logits
 * @param negative float32 [pairs]: logits
 * @returns scalar
 */
export function edgeReconstructionLoss(positive: tf.Tensor, negative: tf.Tensor): tf.Tensor {
  return scope(() => tf.add(tf.mean(tf.softplus(tf.neg(positive))), tf.mean(tf.softplus(negative))));
}

/**
 * Cross entropy of all pairs of nodes under inner products, edges weighing as much as all other pairs together (Kipf and
 * Welling 2016, arXiv:1611.07308, as their program has it: every node counts as its own neighbour). No matrix of all pairs is kept: memory
 * grows with the nodes, time with their square.
 *
 * @param z float32 [nodes, channels]
 * @param edges an undirected graph, without self loops and duplicates
 * @returns scalar
 */
export function fullReconstructionLoss(z: tf.Tensor, edges: EdgeIndex): tf.Tensor {
  const { nodes } = edges;
  check(
    z.rank === 2 && z.shape[0] === nodes,
    () => `fullReconstructionLoss takes embeddings [${nodes}, channels] of this graph, got [${z.shape.join(', ')}]`,
  );
  check(edges.edges > 0, 'fullReconstructionLoss: the graph has no edge to learn from');
  return scope(() => {
    const pairs = nodes * nodes;
    const weight = (pairs - edges.edges) / edges.edges;
    const norm = pairs / (2 * (pairs - edges.edges));
    const rows = tf.expandDims(z, 1);
    const ofEdges = tf.reshape(functional.sddmm(edges.adjacency, rows, rows), [edges.edges]);
    const present = tf.concat([ofEdges, tf.sum(tf.square(z), 1)]);
    // all pairs as if none were an edge, and what it changes that some are
    const change = tf.sub(tf.mul(tf.softplus(tf.neg(present)), weight), tf.softplus(present));
    return tf.mul(tf.add(softplusOfAllPairs(z), tf.sum(change)), norm / pairs);
  });
}

/** Values of a block of rows of the matrix of all pairs, few enough for a processor's cache. */
const blockSize = 1 << 19;

/** Σ log(1 + exp(z_u · z_v)) over all ordered pairs, block by block. */
function softplusOfAllPairs(z: tf.Tensor): tf.Tensor {
  return customOp(
    [z],
    (z) => ({
      value: tf.addN(rowBlocks(z!, (products) => tf.sum(tf.sum(tf.softplus(products), 1)))),
    }),
    (dy, [z]) =>
      // the matrix is symmetric, so both factors of a product have the same share
      tf.mul(tf.concat(rowBlocks(z!, (products) => tf.matMul(tf.sigmoid(products), z as tf.Tensor2D))), tf.mul(dy, 2)),
  );
}

/** What `of` makes of the matrix of all inner products, a block of rows at a time. */
export function rowBlocks(z: tf.Tensor, of: (products: tf.Tensor2D) => tf.Tensor): tf.Tensor[] {
  const [nodes, width] = z.shape as [number, number];
  const size = Math.max(1, Math.floor(blockSize / nodes));
  return Array.from({ length: Math.ceil(nodes / size) }, (_, block) =>
    scope(() => {
      const rows = tf.slice(z, [block * size, 0], [Math.min(size, nodes - block * size), width]);
      return of(tf.matMul(rows as tf.Tensor2D, z as tf.Tensor2D, false, true));
    }),
  );
}
