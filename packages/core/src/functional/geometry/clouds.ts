import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/** Checks that x is a batch of clouds that have points. */
export function checkCloud(what: string, x: tf.Tensor): void {
  check(
    x.rank === 3 && x.dtype === 'float32',
    () => `${what}: a cloud must be float32 [batch, points, dimensions], got ${x.dtype} [${x.shape.join(', ')}]`,
  );
  check(!x.shape.includes(0), () => `${what}: a cloud has no points`);
}

/** Checks that a and b are batches of clouds that have points and lie in one space. */
export function checkClouds(what: string, a: tf.Tensor, b: tf.Tensor): void {
  check(
    a.rank === 3 && b.rank === 3 && a.shape[0] === b.shape[0] && a.shape[2] === b.shape[2],
    () =>
      `${what}: clouds must be [batch, points, dimensions] of equal batch and dimensions, ` +
      `got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
  );
  checkCloud(what, a);
  checkCloud(what, b);
}
