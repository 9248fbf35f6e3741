import * as tf from '@tensorflow/tfjs-core';
import { Generator, losses, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, fullReconstructionLoss } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

/** A ring in both directions. */
function ring(nodes: number): EdgeIndex {
  const around = Array.from({ length: nodes }, (_, node) => (node + 1) % nodes);
  const own = around.map((_, node) => node);
  return new EdgeIndex([own.concat(around), around.concat(own)], nodes);
}

describe('reconstruction of all pairs', () => {
  // the second does not fit into one block of the matrix
  it.each([7, 800])('is the weighted cross entropy of the adjacency matrix, %i nodes', (nodes) =>
    scope(() => {
      const edges = ring(nodes);
      const z = normalTensor([nodes, 3], 0, 1, new Generator(4));
      const dense = (z: tf.Tensor): tf.Tensor => {
        const { source, destination } = edges.adjacency;
        const places = tf.stack([source, destination], 1) as tf.Tensor2D;
        const adjacency = tf.scatterND(places, tf.ones([edges.edges]), [nodes, nodes]);
        const [pairs, count] = [nodes * nodes, edges.edges];
        const logits = tf.matMul(z as tf.Tensor2D, z as tf.Tensor2D, false, true);
        const posWeight = tf.scalar((pairs - count) / count);
        const labels = tf.add(adjacency, tf.eye(nodes));
        return tf.mul(losses.bceWithLogits(logits, labels, { posWeight }), pairs / (2 * (pairs - count)));
      };
      expectClose(fullReconstructionLoss(z, edges), dense(z), { rtol: 1e-4 });
      const ofZ = (loss: (z: tf.Tensor) => tf.Tensor): tf.Tensor => tf.grad(loss)(z);
      expectClose(
        ofZ((z) => fullReconstructionLoss(z, edges)),
        ofZ(dense),
        { rtol: 1e-3, atol: 1e-6 },
      );
      edges.dispose();
    }),
  );

  it('has the gradient of its differences, and says what it needs', () => {
    const edges = ring(5);
    const z = normalTensor([5, 2], 0, 1, new Generator(4));
    expectGradient((z) => fullReconstructionLoss(z, edges), [z]);
    expect(() => fullReconstructionLoss(tf.zeros([4, 2]), edges)).toThrow('[5, channels]');
    edges.dispose();
    const none = new EdgeIndex([[], []], 5);
    expect(() => fullReconstructionLoss(z, none)).toThrow('no edge to learn from');
    none.dispose();
    z.dispose();
  });
});
