import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/**
 * Runs `fn` on x as [batch, …spatial, channels] and takes the batch axis away again where x has none, as torch does.
 *
 * @throws InvalidArgumentError when x has neither `spatial` + 2 nor `spatial` + 1 axes.
 */
export function batched(x: tf.Tensor, spatial: number, name: string, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  check(
    x.rank === spatial + 2 || x.rank === spatial + 1,
    () =>
      `${name} takes [batch, ${spatialNames[spatial - 1]}, channels] or the same without batch, got shape [${x.shape.join(', ')}]`,
  );
  if (x.rank === spatial + 2) return fn(x);
  const y = fn(tf.expandDims(x, 0));
  return tf.squeeze(y, [0]);
}

const spatialNames = ['length', 'height, width', 'depth, height, width'];
