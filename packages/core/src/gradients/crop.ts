import * as tf from '@tensorflow/tfjs-core';
import { gradient } from './define.js';

interface Line {
  /** Where each output position reads the picture, in pixels [boxes, size]. */
  readonly at: tf.Tensor;
  /** How it moves with the box's first and second edge, by output position [size]. */
  readonly first: tf.Tensor;
  readonly second: tf.Tensor;
}

/** The sampled positions along one axis of all boxes; `edge` is the column of the box's first edge. */
function positions(boxes: tf.Tensor, edge: 0 | 1, size: number, pixels: number): Line {
  const along = size > 1 ? tf.linspace(0, 1, size) : tf.tensor1d([0.5]);
  const [first, second] = [tf.mul(tf.sub(1, along), pixels - 1), tf.mul(along, pixels - 1)];
  const column = (index: number): tf.Tensor => tf.slice(boxes, [0, index], [-1, 1]);
  return { at: tf.add(tf.mul(column(edge), first), tf.mul(column(edge + 2), second)), first, second };
}

/** [boxes, size, pixels]: the share of each pixel in each output position, 0 outside of the picture. */
function shares({ at }: Line, pixels: number, method: 'bilinear' | 'nearest'): tf.Tensor {
  const inside = tf.cast(tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, pixels - 1)), 'float32');
  // halves go up, as in the kernels
  const centre = method === 'nearest' ? tf.floor(tf.add(at, 0.5)) : at;
  const distance = tf.sub(tf.expandDims(centre, -1), tf.range(0, pixels));
  return tf.mul(tf.relu(tf.sub(1, tf.abs(distance))), tf.expandDims(inside, -1));
}

/** d shares / d position, for bilinear sampling. */
function slopes(line: Line, pixels: number): tf.Tensor {
  const distance = tf.sub(tf.expandDims(line.at, -1), tf.range(0, pixels));
  return tf.neg(tf.mul(tf.sign(distance), tf.step(shares(line, pixels, 'bilinear'))));
}

export const cropGradients: readonly tf.GradConfig[] = [
  gradient<tf.CropAndResizeAttrs>(
    tf.CropAndResize,
    { values: ['image', 'boxes', 'boxInd'] },
    (dy, saved, { cropSize, method }) => {
      const [image, boxes, boxInd] = [saved[0]!, saved[1]!, saved[2] as tf.Tensor1D];
      const [batch, height, width] = image.shape as [number, number, number];
      const rows = (): Line => positions(boxes, 0, cropSize[0], height);
      const columns = (): Line => positions(boxes, 1, cropSize[1], width);
      return {
        image: () => {
          const [ry, rx] = [shares(rows(), height, method), shares(columns(), width, method)];
          return tf.unsortedSegmentSum(tf.einsum('byxc,byh,bxw->bhwc', dy, ry, rx), boxInd, batch);
        },
        boxes: () => {
          // the nearest pixel does not change with a small move of the box
          if (method === 'nearest') return tf.zeros(boxes.shape);
          const [line, column] = [rows(), columns()];
          const pictures = tf.gather(image, boxInd);
          const ofRows = tf.einsum('byxc,bxw,bhwc->byh', dy, shares(column, width, method), pictures);
          const ofColumns = tf.einsum('byxc,byh,bhwc->bxw', dy, shares(line, height, method), pictures);
          const [dRow, dColumn] = [
            tf.sum(tf.mul(ofRows, slopes(line, height)), -1),
            tf.sum(tf.mul(ofColumns, slopes(column, width)), -1),
          ];
          const edge = (moved: tf.Tensor, by: tf.Tensor): tf.Tensor => tf.sum(tf.mul(moved, by), -1);
          return tf.stack(
            [
              edge(dRow, line.first),
              edge(dColumn, column.first),
              edge(dRow, line.second),
              edge(dColumn, column.second),
            ],
            1,
          );
        },
        boxInd: () => tf.zeros(boxInd.shape),
      };
    },
  ),
];
