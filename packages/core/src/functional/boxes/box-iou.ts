import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { area, checkBoxes, corners, enclosing, intersection, type Corners } from './corners.js';

/** Areas of boxes [N, 4] as (x1, y1, x2, y2): float32 [N]. */
export function boxArea(boxes: tf.Tensor): tf.Tensor {
  checkBoxes('boxArea', boxes);
  return scope(() => tf.squeeze(area(corners(boxes)), [-1]));
}

/**
 * Intersection over union of every box of `a` with every box of `b`, as torchvision's `box_iou`.
 * @param a float32 [N, 4] as (x1, y1, x2, y2) with x1 < x2 and y1 < y2. @param b float32 [M, 4].
 * @returns float32 [N, M], differentiable.
 */
export function boxIou(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkBoxes('boxIou', a);
  checkBoxes('boxIou', b);
  return scope(() => overlap(rows(a), columns(b)).iou);
}

/** {@link boxIou} less the share of the enclosing box that neither covers (Rezatofighi et al. 2019): in (-1, 1]. */
export function generalizedBoxIou(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  checkBoxes('generalizedBoxIou', a);
  checkBoxes('generalizedBoxIou', b);
  return scope(() => {
    const [first, second] = [rows(a), columns(b)];
    const { iou, union } = overlap(first, second);
    const hull = area(enclosing(first, second));
    return tf.sub(iou, tf.div(tf.sub(hull, union), hull));
  });
}

function overlap(a: Corners, b: Corners): { iou: tf.Tensor; union: tf.Tensor } {
  const both = intersection(a, b);
  const union = tf.sub(tf.add(area(a), area(b)), both);
  return { iou: tf.div(both, union), union };
}

/** Corners of shape [N, 1]. */
const rows = corners;

/** Corners of shape [1, M]. */
function columns(boxes: tf.Tensor): Corners {
  return corners(boxes).map((column) => tf.reshape(column, [1, -1])) as unknown as Corners;
}
