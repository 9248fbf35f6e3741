import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { take } from '../axes/slices.js';
import { customOp } from '../../gradients/custom-op.js';

export interface RoiAlignOptions {
  /** Height and width of the result; one number for a square. */
  readonly outputSize: number | readonly [number, number];
  /** Feature map pixels per box unit. Default 1. */
  readonly spatialScale?: number;
  /** Samples a bin along each axis; 0 or less (default) takes as many as the bin has pixels, rounded up. */
  readonly samplingRatio?: number;
  /** Shift boxes by half a pixel, so that pixel centres are at integers (Detectron2). Default false. */
  readonly aligned?: boolean;
}

/**
 * Crops a fixed grid out of each box by averaging bilinear samples (RoIAlign of He et al. 2017), as torchvision's `roi_align`.
 *
 * The samples lie on a grid, and the average of bilinear samples on a grid is a product of one matrix for the rows and one
 * for the columns; that is how it is computed, forward and backward.
 *
 * @param x float32 [N, H, W, C]; differentiable.
 * @param boxes float32 [K, 5] as (image index, x1, y1, x2, y2); read back, not differentiable.
 * @returns float32 [K, outH, outW, C].
 */
export function roiAlign(x: tf.Tensor, boxes: tf.Tensor, options: RoiAlignOptions): tf.Tensor {
  check(x.rank === 4, () => `roiAlign: the feature map needs shape [N, H, W, C], got [${x.shape.join(', ')}]`);
  check(
    boxes.rank === 2 && boxes.shape[1] === 5,
    () => `roiAlign: boxes need shape [K, 5] as (image, x1, y1, x2, y2), got [${boxes.shape.join(', ')}]`,
  );
  const { outputSize } = options;
  const [height, width] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize;
  check(height > 0 && width > 0, `roiAlign: outputSize must be positive, got ${height} x ${width}`);
  if (boxes.shape[0] === 0) return tf.zeros([0, height, width, x.shape[3]!]);
  const groups = plan(boxes.dataSync<'float32'>(), x.shape, height, width, options);
  return customOp(
    [x],
    (features) => ({ value: scope(() => pool(features!, groups)) }),
    (dy) => scope(() => spread(dy, groups, x.shape)),
  );
}

/**
 * Boxes of one image, and the matrices that average its rows and columns into their bins. Bins come before boxes in
 * the rows, because TFJS broadcasts only leading axes of a batched product.
 */
interface Group {
  readonly image: number;
  /** Their places in the list of all boxes. */
  readonly boxes: readonly number[];
  /** [outH, boxes, H] */
  readonly rows: Float32Array;
  /** [boxes, outW, W] */
  readonly columns: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Bounds the intermediate [outH, boxes, W, C] tensor of a group, in values. */
const groupLimit = 1 << 23;

function plan(
  boxes: Float32Array,
  shape: readonly number[],
  height: number,
  width: number,
  { spatialScale = 1, samplingRatio = -1, aligned = false }: RoiAlignOptions,
): Group[] {
  const [images, H, W, C] = shape as [number, number, number, number];
  const perImage = Array.from({ length: images }, (): number[] => []);
  for (let k = 0; k < boxes.length / 5; k++) {
    const image = boxes[5 * k]!;
    const list = perImage[image];
    check(list !== undefined, `roiAlign: box ${k} is of image ${image}, but there are ${images} images`);
    list.push(k);
  }
  const most = Math.max(1, Math.floor(groupLimit / (height * W * C)));
  return perImage.flatMap((list, image) =>
    Array.from({ length: Math.ceil(list.length / most) }, (_, part): Group => {
      const chunk = list.slice(part * most, (part + 1) * most);
      const rows = new Float32Array(chunk.length * height * H);
      const columns = new Float32Array(chunk.length * width * W);
      chunk.forEach((k, i) => {
        const [x1, y1, x2, y2] = Array.from(
          boxes.subarray(5 * k + 1, 5 * k + 5),
          (v) => v * spatialScale - (aligned ? 0.5 : 0),
        ) as [number, number, number, number];
        const least = aligned ? -Infinity : 1;
        const stride = chunk.length * H;
        average(rows.subarray(i * H), stride, y1, Math.max(y2 - y1, least), height, H, samplingRatio);
        average(columns.subarray(i * width * W), W, x1, Math.max(x2 - x1, least), width, W, samplingRatio);
      });
      return { image, boxes: chunk, rows, columns, height, width };
    }),
  );
}

/** Adds into `matrix`, a row every `stride` values, the weights with which the pixels of one axis enter each bin's average. */
function average(
  matrix: Float32Array,
  stride: number,
  start: number,
  length: number,
  bins: number,
  size: number,
  samplingRatio: number,
): void {
  const bin = length / bins;
  const samples = samplingRatio > 0 ? samplingRatio : Math.ceil(bin);
  for (let b = 0; b < bins; b++) {
    for (let s = 0; s < samples; s++) {
      const at = start + b * bin + ((s + 0.5) * bin) / samples;
      if (at < -1 || at > size) continue;
      const clamped = Math.min(Math.max(at, 0), size - 1);
      const low = Math.floor(clamped);
      const high = Math.min(low + 1, size - 1);
      matrix[b * stride + low]! += (1 - (clamped - low)) / samples;
      matrix[b * stride + high]! += (clamped - low) / samples;
    }
  }
}

function pool(x: tf.Tensor, groups: readonly Group[]): tf.Tensor {
  const [, H, W, C] = x.shape as [number, number, number, number];
  const parts = groups.map((group) =>
    scope(() => {
      const { boxes, rows, columns, height, width } = group;
      const image = tf.reshape(tf.slice(x, [group.image, 0, 0, 0], [1, H, W, C]), [H, W * C]);
      const tall = tf.matMul(tf.tensor(rows, [height * boxes.length, H], 'float32'), image);
      const bins = tf.matMul(
        tf.tensor(columns, [1, boxes.length, width, W], 'float32'),
        tf.reshape(tall, [height, boxes.length, W, C]),
      );
      return tf.transpose(bins, [1, 0, 2, 3]);
    }),
  );
  return take(tf.concat(parts, 0), 0, inverse(groups));
}

/** The adjoint of {@link pool}. */
function spread(dy: tf.Tensor, groups: readonly Group[], shape: readonly number[]): tf.Tensor {
  const [images, H, W, C] = shape as [number, number, number, number];
  const perImage: Array<tf.Tensor | undefined> = Array.from({ length: images }, () => undefined);
  for (const { image, boxes, rows, columns, height, width } of groups) {
    const part = scope(() => {
      const own = tf.transpose(take(dy, 0, boxes), [1, 0, 2, 3]);
      const tall = tf.matMul(tf.tensor(columns, [1, boxes.length, width, W], 'float32'), own, true, false);
      const flat = tf.reshape(tall, [height * boxes.length, W * C]);
      return tf.matMul(tf.tensor(rows, [height * boxes.length, H], 'float32'), flat, true, false);
    });
    const before = perImage[image];
    perImage[image] = before === undefined ? part : tf.add(before, part);
  }
  return tf.stack(perImage.map((gradient) => tf.reshape(gradient ?? tf.zeros([H, W, C]), [H, W, C])));
}

/** For each box its place among the groups' boxes. */
function inverse(groups: readonly Group[]): number[] {
  const places: number[] = [];
  groups.flatMap(({ boxes }) => boxes).forEach((box, place) => (places[box] = place));
  return places;
}
