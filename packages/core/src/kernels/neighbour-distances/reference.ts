import * as tf from '@tensorflow/tfjs-core';
import type { NeighbourDistancesGradientInputs, NeighbourDistancesInputs } from './spec.js';

/** a - b for each pair: [batch, points, count, dimensions]. */
function steps({ a, b, indices }: NeighbourDistancesInputs): tf.Tensor {
  return tf.sub(tf.expandDims(a, 2), tf.gather(b, indices as tf.Tensor3D, 1, 1));
}

export function neighbourDistances(inputs: NeighbourDistancesInputs): tf.Tensor[] {
  return [tf.sum(tf.square(steps(inputs)), 3)];
}

export function neighbourDistancesGradient({ dy, ...inputs }: NeighbourDistancesGradientInputs): tf.Tensor[] {
  const { b, indices } = inputs;
  const [batch, candidates, dimensions] = b.shape as [number, number, number];
  const pulls = tf.mul(tf.expandDims(tf.mul(dy, 2), 3), steps(inputs));
  const da = tf.sum(pulls, 2);
  if (batch === 0 || indices.size === 0) return [da, tf.zeros(b.shape)];
  // candidate c of cloud i is number i * candidates + c
  const first = tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(candidates, 'int32'));
  const ids = tf.reshape(tf.add(tf.reshape(indices, [batch, indices.size / batch]), tf.expandDims(first, 1)), [-1]);
  const sums = tf.unsortedSegmentSum(
    tf.reshape(pulls, [indices.size, dimensions]),
    ids as tf.Tensor1D,
    batch * candidates,
  );
  return [da, tf.neg(tf.reshape(sums, b.shape))];
}
