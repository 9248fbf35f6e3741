import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';

/** The columns x1, y1, x2, y2 of boxes [..., 4], each [..., 1]. */
export type Corners = readonly [x1: tf.Tensor, y1: tf.Tensor, x2: tf.Tensor, y2: tf.Tensor];

export function corners(boxes: tf.Tensor): Corners {
  return tf.split(boxes, 4, -1) as tf.Tensor[] as unknown as Corners;
}

/** (x2 - x1)(y2 - y1) */
export function area([x1, y1, x2, y2]: Corners): tf.Tensor {
  return tf.mul(tf.sub(x2, x1), tf.sub(y2, y1));
}

/** The smallest box around both. */
export function enclosing(a: Corners, b: Corners): Corners {
  return [tf.minimum(a[0], b[0]), tf.minimum(a[1], b[1]), tf.maximum(a[2], b[2]), tf.maximum(a[3], b[3])];
}

/** Area that both cover, 0 where they do not meet. */
export function intersection(a: Corners, b: Corners): tf.Tensor {
  const width = tf.sub(tf.minimum(a[2], b[2]), tf.maximum(a[0], b[0]));
  const height = tf.sub(tf.minimum(a[3], b[3]), tf.maximum(a[1], b[1]));
  return tf.mul(tf.clipByValue(width, 0, Infinity), tf.clipByValue(height, 0, Infinity));
}

/** Throws unless the tensor has shape [N, 4]. */
export function checkBoxes(name: string, boxes: tf.Tensor): void {
  check(
    boxes.rank === 2 && boxes.shape[1] === 4,
    () => `${name}: boxes need shape [N, 4] as (x1, y1, x2, y2), got [${boxes.shape.join(', ')}]`,
  );
}
