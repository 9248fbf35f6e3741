import type * as tf from '@tensorflow/tfjs-core';
import { check, type Module } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';

/** Most nodes for which a matrix of all pairs is made. */
export const denseLimit = 5000;

/** Says from the embeddings of two nodes how likely an edge between them is. */
export interface EdgeDecoder extends Module {
  /**
   * @param z float32 [nodes, channels]
   * @param pairs the pairs that are asked about, as edges
   * @param relation int32 [pairs]: of which kind each is; null where there is one kind
   * @returns float32 [pairs]: logits
   */
  forward(z: tf.Tensor, pairs: EdgeIndex, relation?: tf.Tensor | null): tf.Tensor;

  /**
   * Logits of all pairs, float32 [nodes, nodes]: row and column are source and destination.
   *
   * @throws InvalidArgumentError above 5,000 nodes
   */
  forwardAll(z: tf.Tensor): tf.Tensor;
}

export function checkDense(what: string, nodes: number): void {
  check(
    nodes <= denseLimit,
    () =>
      `${what}: a matrix of all pairs of ${nodes} nodes is too large; ask about pairs, or take at most ${denseLimit}`,
  );
}

export function checkEmbeddings(what: string, z: tf.Tensor, pairs: EdgeIndex, channels?: number): void {
  check(
    z.rank === 2 && z.shape[0] === pairs.nodes && (channels === undefined || z.shape[1] === channels),
    () =>
      `${what} takes embeddings [${pairs.nodes} nodes, ${channels ?? 'any width'}] of the pairs' graph, ` +
      `got [${z.shape.join(', ')}]`,
  );
}
