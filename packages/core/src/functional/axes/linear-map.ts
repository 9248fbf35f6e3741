import * as tf from '@tensorflow/tfjs-core';
import { resamplePicture } from '../../kernels/resample/gradient.js';
import { isChoice } from '../../kernels/resample/reference.js';
import type { LinearMap } from '../../kernels/resample/spec.js';
import { around, take, withSize } from './slices.js';

export type { LinearMap };

/** Applies a linear map along an axis of x. Differentiable any number of times. */
export function mapAxis(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  if (isChoice(map)) return take(x, axis, map.first);
  return resampleAxis(x, axis, map, false);
}

/** The transpose of {@link mapAxis}: from an axis of outputs to one of inputs. */
export function mapAxisTransposed(x: tf.Tensor, axis: number, map: LinearMap): tf.Tensor {
  return resampleAxis(x, axis, map, true);
}

function resampleAxis(x: tf.Tensor, axis: number, map: LinearMap, transposed: boolean): tf.Tensor {
  const [outer, size, inner] = around(x, axis).shape;
  // short runs are quicker as the pixels of a row than as rows
  const short = inner < 16;
  const picture = tf.reshape(floats(x), short ? [outer, 1, size, inner] : [outer, size, 1, inner]);
  const maps = short ? { rows: null, columns: map } : { rows: map, columns: null };
  const y = resamplePicture(picture, { ...maps, transposed });
  return tf.reshape(y, withSize(x.shape, axis, transposed ? map.from : map.first.length));
}

/** Maps along two neighbouring axes of x [batch, rows, columns, channels]. Differentiable any number of times. */
export function mapPicture(x: tf.Tensor, rows: LinearMap, columns: LinearMap): tf.Tensor {
  return resamplePicture(floats(x), { rows, columns, transposed: false });
}

const floats = (x: tf.Tensor): tf.Tensor => (x.dtype === 'float32' ? x : tf.cast(x, 'float32'));
