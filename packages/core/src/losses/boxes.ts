import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { customOp } from '../gradients/custom-op.js';
import { area, corners, enclosing, intersection, type Corners } from '../functional/boxes/corners.js';
import { scope } from '../memory.js';
import { checkSameShape, reduce, type ReductionOptions } from './reduction.js';

export interface BoxLossOptions extends ReductionOptions {
  /** Added to denominators. Default 1e-7. */
  readonly eps?: number;
}

/**
 * 1 - GIoU of box i with target i (Rezatofighi et al. 2019), as torchvision's `generalized_box_iou_loss`.
 * `reduction` is 'none' by default, as there. Differentiable in both.
 * @param boxes,targets float32 [..., 4] as (x1, y1, x2, y2) with x1 ≤ x2 and y1 ≤ y2.
 */
export function generalizedBoxIou(boxes: tf.Tensor, targets: tf.Tensor, options: BoxLossOptions = {}): tf.Tensor {
  return boxLoss('generalizedBoxIou', boxes, targets, options, (a, b, eps) => {
    const { iou, union } = overlap(a, b, eps);
    const hull = area(enclosing(a, b));
    return tf.add(tf.sub(1, iou), tf.div(tf.sub(hull, union), tf.add(hull, eps)));
  });
}

/** 1 - IoU + squared distance of the centres over that of the enclosing box's corners (Zheng et al. 2020). See {@link generalizedBoxIou}. */
export function distanceBoxIou(boxes: tf.Tensor, targets: tf.Tensor, options: BoxLossOptions = {}): tf.Tensor {
  return boxLoss('distanceBoxIou', boxes, targets, options, (a, b, eps) => {
    const { iou } = overlap(a, b, eps);
    return tf.add(tf.sub(1, iou), centreDistance(a, b, eps));
  });
}

/** {@link distanceBoxIou} plus a term for the difference of the aspect ratios (Zheng et al. 2020). */
export function completeBoxIou(boxes: tf.Tensor, targets: tf.Tensor, options: BoxLossOptions = {}): tf.Tensor {
  return boxLoss('completeBoxIou', boxes, targets, options, (a, b, eps) => {
    const { iou } = overlap(a, b, eps);
    const v = tf.mul(tf.square(tf.sub(angle(b), angle(a))), 4 / Math.PI ** 2);
    // the paper holds the weight of this term constant in the gradient
    const alpha = constant(tf.div(v, tf.add(tf.add(tf.sub(1, iou), v), eps)));
    return tf.add(tf.add(tf.sub(1, iou), centreDistance(a, b, eps)), tf.mul(alpha, v));
  });
}

function boxLoss(
  name: string,
  boxes: tf.Tensor,
  targets: tf.Tensor,
  { eps = 1e-7, reduction = 'none' }: BoxLossOptions,
  loss: (a: Corners, b: Corners, eps: number) => tf.Tensor,
): tf.Tensor {
  checkSameShape(name, boxes, targets);
  check(
    boxes.rank >= 1 && boxes.shape.at(-1) === 4,
    () => `${name}: boxes need shape [..., 4] as (x1, y1, x2, y2), got [${boxes.shape.join(', ')}]`,
  );
  return scope(() => reduce(tf.squeeze(loss(corners(boxes), corners(targets), eps), [-1]), reduction));
}

function overlap(a: Corners, b: Corners, eps: number): { iou: tf.Tensor; union: tf.Tensor } {
  const both = intersection(a, b);
  const union = tf.sub(tf.add(area(a), area(b)), both);
  return { iou: tf.div(both, tf.add(union, eps)), union };
}

function centreDistance(a: Corners, b: Corners, eps: number): tf.Tensor {
  const [x1, y1, x2, y2] = enclosing(a, b);
  const diagonal = tf.add(tf.squaredDifference(x2, x1), tf.squaredDifference(y2, y1));
  const centre = (low: tf.Tensor, high: tf.Tensor): tf.Tensor => tf.mul(tf.add(low, high), 0.5);
  const distance = tf.add(
    tf.squaredDifference(centre(a[0], a[2]), centre(b[0], b[2])),
    tf.squaredDifference(centre(a[1], a[3]), centre(b[1], b[3])),
  );
  return tf.div(distance, tf.add(diagonal, eps));
}

function angle([x1, y1, x2, y2]: Corners): tf.Tensor {
  return tf.atan(tf.div(tf.sub(x2, x1), tf.sub(y2, y1)));
}

function constant(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (value) => ({ value: tf.clone(value!) }),
    (dy) => tf.zerosLike(dy),
  );
}
