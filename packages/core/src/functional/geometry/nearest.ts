import * as tf from '@tensorflow/tfjs-core';
import { checkCount } from '../../errors.js';
import { withoutGradient } from '../../gradients/custom-op.js';
import { NearestNeighbours } from '../../kernels/nearest-neighbours/spec.js';
import { NearestPoints } from '../../kernels/nearest-points/spec.js';
import { distancesToNeighbours } from '../../kernels/neighbour-distances/gradient.js';
import { scope } from '../../memory.js';
import { checkClouds } from './clouds.js';

/**
 * The number of the point of b that is nearest to each point of a; the first of equally near ones.
 *
 * @param a float32 [batch, n, dimensions]
 * @param b float32 [batch, m, dimensions]
 * @returns int32 [batch, n]
 * @throws InvalidArgumentError when the shapes do not fit or a cloud is empty
 */
export function nearestPoints(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkClouds('nearestPoints', a, b);
  return withoutGradient(() => NearestPoints.run({ a, b }, {})[0]!);
}

/**
 * Squared distance from each point of a to the nearest of b: [batch, n]. Differentiable in both, the choice of the nearest
 * held fixed. Arguments as of {@link nearestPoints}.
 */
export function nearestDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkClouds('nearestDistances', a, b);
  return scope(() => {
    const indices = tf.expandDims(nearestPoints(a, b), 2);
    return tf.squeeze(distancesToNeighbours({ a, b, indices }, {}), [2]);
  });
}

/**
 * Chamfer distance of point clouds: the mean of {@link nearestDistances} from a to b, plus that from b to a.
 * On native and webgpu no matrix of all pairs is made, neither here nor for the gradients.
 *
 * @param a float32 [batch, n, dimensions]
 * @param b float32 [batch, m, dimensions]
 * @returns [batch]
 * @throws InvalidArgumentError when the shapes do not fit or a cloud is empty
 */
export function chamferDistance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkClouds('chamferDistance', a, b);
  return scope(() => tf.add(tf.mean(nearestDistances(a, b), 1), tf.mean(nearestDistances(b, a), 1)));
}

export interface Neighbours {
  /** int32 [batch, n, k]: numbers of points of b, the nearest first, and the first of equally near ones first. */
  readonly indices: tf.Tensor;
  /** float32 [batch, n, k]: squared distances, differentiable in both clouds, the indices held fixed. */
  readonly distances: tf.Tensor;
}

/**
 * The k nearest points of b to each point of a (k nearest neighbours). Where a and b are one cloud, a point's first neighbour is
 * itself, or a point at the same place.
 *
 * @param a float32 [batch, n, dimensions]
 * @param b float32 [batch, m, dimensions]
 * @param k from 1 to m
 * @throws InvalidArgumentError when the shapes do not fit, a cloud is empty or k is more than m
 */
export function knn(a: tf.Tensor, b: tf.Tensor, k: number): Neighbours {
  checkClouds('knn', a, b);
  checkCount('knn: k', k, 1, b.shape[1]!);
  const indices = withoutGradient(() => NearestNeighbours.run({ a, b }, { count: k })[0]!);
  return { indices, distances: distancesToNeighbours({ a, b, indices }, {}) };
}
