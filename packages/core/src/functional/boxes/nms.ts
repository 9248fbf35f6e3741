import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { checkBoxes } from './corners.js';

/**
 * Greedy non-maximum suppression, as torchvision's `nms`: takes boxes by falling score and drops those that overlap a taken one
 * by more than `iouThreshold`. Reads the tensors back, so it waits for the device.
 *
 * @param boxes float32 [N, 4] as (x1, y1, x2, y2). @param scores float32 [N].
 * @param classes int32 [N]; boxes of different classes do not suppress one another. Default: one class.
 * @returns int32 [K], indices of the kept boxes by falling score; equal scores keep their order.
 */
export function nms(boxes: tf.Tensor, scores: tf.Tensor, iouThreshold: number, classes?: tf.Tensor): tf.Tensor1D {
  checkBoxes('nms', boxes);
  const n = boxes.shape[0]!;
  for (const [name, tensor] of [
    ['scores', scores],
    ['classes', classes],
  ] as const) {
    check(
      tensor === undefined || (tensor.rank === 1 && tensor.size === n),
      () => `nms: ${n} boxes need ${n} ${name}, got shape [${tensor!.shape.join(', ')}]`,
    );
  }
  const [box, score, kind] = [boxes.dataSync(), scores.dataSync(), classes?.dataSync()];
  const areas = Float32Array.from(
    { length: n },
    (_, i) => Math.fround(box[4 * i + 2]! - box[4 * i]!) * Math.fround(box[4 * i + 3]! - box[4 * i + 1]!),
  );
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => score[j]! - score[i]! || i - j);
  const dropped = new Uint8Array(n);
  const kept: number[] = [];
  order.forEach((i, rank) => {
    if (dropped[i]) return;
    kept.push(i);
    for (const j of order.subarray(rank + 1)) {
      if (dropped[j] || (kind !== undefined && kind[i] !== kind[j])) continue;
      const width = Math.min(box[4 * i + 2]!, box[4 * j + 2]!) - Math.max(box[4 * i]!, box[4 * j]!);
      const height = Math.min(box[4 * i + 3]!, box[4 * j + 3]!) - Math.max(box[4 * i + 1]!, box[4 * j + 1]!);
      const both = Math.max(0, width) * Math.max(0, height);
      if (both / (areas[i]! + areas[j]! - both) > iouThreshold) dropped[j] = 1;
    }
  });
  return tf.tensor1d(kept, 'int32');
}
