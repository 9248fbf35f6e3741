import * as tf from '@tensorflow/tfjs-core';
import type { TakeRowsInputs } from './spec.js';

export function takeRows({ x, ids }: TakeRowsInputs): tf.Tensor[] {
  const rows = x.shape[0]!;
  const shape = [...ids.shape, ...x.shape.slice(1)];
  if (x.size === 0 || ids.size === 0) return [tf.zeros(shape, x.dtype)];
  const isOutside = (id: number): boolean => id < 0 || id >= rows;
  if (!ids.dataSync<'int32'>().some(isOutside)) return [tf.gather(x, ids as tf.Tensor1D)];
  const inside = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, rows));
  const taken = tf.gather(x, tf.mul(ids, tf.cast(inside, 'int32')) as tf.Tensor1D);
  const kept = tf.broadcastTo(tf.reshape(inside, [...ids.shape, ...x.shape.slice(1).map(() => 1)]), shape);
  return [tf.where(kept, taken, tf.zerosLike(taken))];
}
