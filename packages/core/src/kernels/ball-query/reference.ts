import * as tf from '@tensorflow/tfjs-core';
import { overPairs } from '../pairwise.js';
import type { BallQueryAttrs, BallQueryInputs } from './spec.js';

export function ballQuery(
  { centres, points }: BallQueryInputs,
  { radius, count, repeat }: BallQueryAttrs,
): tf.Tensor[] {
  const size = points.shape[1]!;
  const taken = Math.min(count, size);
  const number: tf.Tensor = tf.range(0, size, 1, 'float32');
  const found = overPairs(centres, points, (distances, less) => {
    const inside = tf.less(distances, tf.add(less(), radius * radius));
    // points outside come after all others
    return tf.neg(tf.topk(tf.where(inside, tf.neg(number), tf.scalar(-size) as tf.Tensor), taken).values);
  });
  const all = tf.pad(
    found,
    [
      [0, 0],
      [0, 0],
      [0, count - taken],
    ],
    size,
  );
  const is = tf.less(all, size);
  const first = tf.slice(all, [0, 0, 0], [-1, -1, 1]);
  const filling = repeat ? tf.mul(first, tf.cast(tf.less(first, size), 'float32')) : tf.scalar(-1);
  return [tf.cast(tf.where(is, all, tf.broadcastTo(filling, all.shape)), 'int32')];
}
