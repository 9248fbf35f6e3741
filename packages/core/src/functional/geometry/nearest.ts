import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { NearestPoints } from '../../kernels/nearest-points/spec.js';
import { scope } from '../../memory.js';
import { constantOf } from '../axes/constant.js';

function checkClouds(what: string, a: tf.Tensor, b: tf.Tensor): void {
  check(
    a.rank === 3 && b.rank === 3 && a.shape[0] === b.shape[0] && a.shape[2] === b.shape[2],
    () =>
      `${what}: clouds must be [batch, points, dimensions] of equal batch and dimensions, ` +
      `got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
  );
  check(!a.shape.includes(0) && !b.shape.includes(0), () => `${what}: a cloud has no points`);
}

/** For each point of a the number of the nearest in b, as float32, that is a constant of differentiation. */
function nearestNumbers(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return constantOf([a, b], (a, b) => {
    return tf.cast(NearestPoints.run({ a: a!, b: b! }, {})[0]!, 'float32');
  });
}

/**
 * The number of the point of b that is nearest to each point of a.
 *
 * @param a float32 [batch, n, dimensions]
 * @param b float32 [batch, m, dimensions]
 * @returns int32 [batch, n]
 * @throws InvalidArgumentError when the shapes do not fit or a cloud is empty
 */
export function nearestPoints(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkClouds('nearestPoints', a, b);
  return scope(() => tf.cast(nearestNumbers(a, b), 'int32'));
}

/**
 * Squared distance from each point of a to the nearest of b: [batch, n]. Differentiable in both, the choice of the nearest
 * held fixed. Arguments as of {@link nearestPoints}.
 */
export function nearestDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkClouds('nearestDistances', a, b);
  return scope(() => {
    const nearest = tf.gather(b, nearestPoints(a, b) as tf.Tensor2D, 1, 1);
    return tf.sum(tf.square(tf.sub(a, nearest)), 2);
  });
}

/**
 * Chamfer distance of point clouds: the mean of {@link nearestDistances} from a to b, plus that from b to a.
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
