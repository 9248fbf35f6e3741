import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { withoutGradient } from '../../gradients/custom-op.js';
import { BallQuery } from '../../kernels/ball-query/spec.js';
import { FarthestPoints } from '../../kernels/farthest-points/spec.js';
import { checkCloud, checkClouds } from './clouds.js';

/**
 * Farthest point sampling: points that lie far from each other and cover the cloud. After the first, each is the one that is
 * farthest from those chosen before, the first of equally far ones (PointNet++, Qi et al. 2017, arXiv:1706.02413). Points at places
 * that are all taken already may be chosen twice.
 *
 * @param x float32 [batch, n, dimensions]
 * @param count how many to choose, from 1 to n
 * @param options.start the number of the first, for all clouds or for each. Default 0.
 * @returns int32 [batch, count], for example for `tf.gather(x, indices, 1, 1)`
 * @throws InvalidArgumentError when the cloud is empty, there are too few points, or there is no such first point
 */
export function farthestPointSample(
  x: tf.Tensor,
  count: number,
  options: { start?: number | readonly number[] } = {},
): tf.Tensor {
  checkCloud('farthestPointSample', x);
  const [batch, points] = x.shape as [number, number];
  checkCount('farthestPointSample: count', count, 1, points);
  const { start = 0 } = options;
  const first = typeof start === 'number' ? Array.from({ length: batch }, () => start) : [...start];
  check(
    first.length === batch && first.every((at) => Number.isInteger(at) && at >= 0 && at < points),
    () =>
      `farthestPointSample: start must be a whole number in [0, ${points}), or ${batch} of them, got ${String(start)}`,
  );
  return withoutGradient(() => FarthestPoints.run({ x, start: tf.tensor1d(first, 'int32') }, { count })[0]!);
}

export interface BallQueryOptions {
  /** Points count that are nearer than this. */
  readonly radius: number;
  /** How many points to take for each centre. */
  readonly count: number;
  /**
   * What fills up where fewer are found: 'first', the first point found, as in PointNet++, with number 0 for a centre that has none at
   * all; or 'missing', -1, as in PyTorch3D. Default 'first', so that every number can be gathered by.
   */
  readonly padding?: 'first' | 'missing';
}

/**
 * The first points, in their order, that lie in a ball around each centre (PointNet++, Qi et al. 2017, arXiv:1706.02413).
 *
 * @param centres float32 [batch, m, dimensions]
 * @param points float32 [batch, n, dimensions]
 * @returns int32 [batch, m, count]
 * @throws InvalidArgumentError when the shapes do not fit, a cloud is empty, or radius or count is not positive
 */
export function ballQuery(centres: tf.Tensor, points: tf.Tensor, options: BallQueryOptions): tf.Tensor {
  checkClouds('ballQuery', centres, points);
  const { radius, count, padding = 'first' } = options;
  checkCount('ballQuery: count', count, 1, 2 ** 24);
  check(Number.isFinite(radius) && radius > 0, () => `ballQuery: radius must be a positive number, got ${radius}`);
  check(
    padding === 'first' || padding === 'missing',
    () => `ballQuery: padding must be 'first' or 'missing', got '${String(padding)}'`,
  );
  return withoutGradient(() => BallQuery.run({ centres, points }, { radius, count, repeat: padding === 'first' })[0]!);
}
