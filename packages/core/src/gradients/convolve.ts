import * as tf from '@tensorflow/tfjs-core';

/** How a 2-D convolution slides, in the terms of TFJS. */
export interface Window {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dilations: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

function geometry(inputShape: Shape4, filterShape: Shape4, window: Window, depthwise = false) {
  const { strides, pad, dilations, dimRoundingMode } = window;
  return tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** Zero-pads two axes of an NHWC tensor; a negative amount crops. */
function padOrCrop(x: tf.Tensor4D, [top, bottom]: [number, number], [left, right]: [number, number]): tf.Tensor4D {
  const crop = (amount: number): number => Math.max(0, -amount);
  if (Math.min(top, bottom, left, right) < 0) {
    x = tf.slice(
      x,
      [0, crop(top), crop(left), 0],
      [-1, x.shape[1] - crop(top) - crop(bottom), x.shape[2] - crop(left) - crop(right), -1],
    );
  }
  const grow = (amount: number): number => Math.max(0, amount);
  if (Math.max(top, bottom, left, right) <= 0) return x;
  return tf.pad(x, [
    [0, 0],
    [grow(top), grow(bottom)],
    [grow(left), grow(right)],
    [0, 0],
  ]);
}

/** Taps of one axis that reach input positions of one residue modulo the stride, and where they begin. */
interface Phase {
  /** Filter taps, in falling order, since the filter is turned round. */
  readonly taps: number[];
  /** Number of input positions of this phase. */
  readonly size: number;
  /** Zeros before and after dy, so that a dilated sweep of the taps gives `size` positions. */
  readonly pad: [number, number];
}

/**
 * Splits dx of a strided sweep by residue: position u of the padded input gets dy[o]·w[t] for u = o·stride + t·dilation.
 * Each residue is a sweep of stride 1 over dy with its own few taps.
 */
function phases(
  input: number,
  output: number,
  before: number,
  kernel: number,
  stride: number,
  dilation: number,
): Phase[] {
  return Array.from({ length: Math.min(stride, input) }, (_, residue) => {
    const u0 = residue + before;
    const taps = Array.from({ length: kernel }, (__, t) => t).filter((t) => (u0 - t * dilation) % stride === 0);
    taps.reverse();
    const size = Math.ceil((input - residue) / stride);
    if (taps.length === 0) return { taps, size, pad: [0, 0] };
    // first position reads dy from o = (u0 - t·dilation) / stride for the largest tap to the smallest
    const low = (u0 - taps[0]! * dilation) / stride;
    const high = (u0 - taps.at(-1)! * dilation) / stride + size - 1;
    return { taps, size, pad: [-low, high - (output - 1)] };
  });
}

/**
 * d conv2d / d input. Any dilation, stride and padding; made of differentiable operations.
 *
 * @param dy [n, oh, ow, out]
 * @param filter [kh, kw, in, out]
 */
export function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, inputShape: Shape4, window: Window): tf.Tensor4D {
  const turned = tf.transpose(filter, [0, 1, 3, 2]);
  return sweep(dy, turned, inputShape, geometry(inputShape, filter.shape, window), (x, taps, dilations) =>
    tf.conv2d(x, taps, 1, 'valid', 'NHWC', dilations),
  );
}

/**
 * d depthwiseConv2d / d input; see {@link inputGradient}.
 *
 * @param dy [n, oh, ow, in · multiplier]
 * @param filter [kh, kw, in, multiplier]
 */
export function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: Shape4,
  window: Window,
): tf.Tensor4D {
  const [kh, kw, channels, multiplier] = filter.shape;
  const [n, h, w] = inputShape;
  const wide: Shape4 = [n, h, w, channels * multiplier];
  const each: tf.Tensor4D = tf.reshape(filter, [kh, kw, channels * multiplier, 1]);
  const dx = sweep(dy, each, wide, geometry(wide, each.shape, window, true), (x, taps, dilations) =>
    tf.depthwiseConv2d(x, taps, 1, 'valid', 'NHWC', dilations),
  );
  return multiplier === 1 ? dx : tf.sum(tf.reshape(dx, [n, h, w, channels, multiplier]), -1);
}

type Geometry = ReturnType<typeof geometry>;
type Sweep = (x: tf.Tensor4D, taps: tf.Tensor4D, dilations: [number, number]) => tf.Tensor4D;

/**
 * The transpose of a strided convolution, as stride-1 convolutions of dy with the turned filter: one for each residue of
 * the input position modulo the stride.
 */
function sweep(
  dy: tf.Tensor4D,
  turned: tf.Tensor4D,
  inputShape: Shape4,
  info: Geometry,
  convolution: Sweep,
): tf.Tensor4D {
  const [sh, sw] = [info.strideHeight, info.strideWidth];
  const [n, h, w, channels] = inputShape;
  const rows = phases(h, info.outHeight, info.padInfo.top, info.filterHeight, sh, info.dilationHeight);
  const columns = phases(w, info.outWidth, info.padInfo.left, info.filterWidth, sw, info.dilationWidth);
  // within a phase taps lie lcm(stride, dilation) / dilation apart, so positions of dy lie that many strides apart
  const step = (stride: number, dilation: number): number => dilation / gcd(stride, dilation);
  const dilations: [number, number] = [step(sh, info.dilationHeight), step(sw, info.dilationWidth)];
  const part = (row: Phase, column: Phase): tf.Tensor4D => {
    if (row.taps.length === 0 || column.taps.length === 0) return tf.zeros([n, row.size, column.size, channels]);
    const taps = pickTaps(turned, row.taps, column.taps);
    return convolution(padOrCrop(dy, row.pad, column.pad), taps, dilations);
  };
  if (sh === 1 && sw === 1) return part(rows[0]!, columns[0]!);
  // interleave: phases lie along extra axes [h, sh, w, sw], short ones filled up and cut off at the end
  const [tall, wide] = [Math.ceil(h / sh), Math.ceil(w / sw)];
  const full = (t: tf.Tensor4D): tf.Tensor4D => padOrCrop(t, [0, tall - t.shape[1]], [0, wide - t.shape[2]]);
  const empty = (): tf.Tensor4D => tf.zeros([n, tall, wide, channels]);
  const lines = Array.from({ length: sh }, (_, i) =>
    tf.stack(
      Array.from({ length: sw }, (__, j) => (rows[i] && columns[j] ? full(part(rows[i], columns[j])) : empty())),
      3,
    ),
  );
  const grid = tf.reshape(tf.stack(lines, 2), [n, tall * sh, wide * sw, channels]) as tf.Tensor4D;
  return tall * sh === h && wide * sw === w ? grid : tf.slice(grid, [0, 0, 0, 0], inputShape);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The taps of a filter at some rows and columns, each an arithmetic sequence in falling order. */
function pickTaps(filter: tf.Tensor4D, rows: number[], columns: number[]): tf.Tensor4D {
  const along = (x: tf.Tensor4D, taps: number[], axis: 0 | 1): tf.Tensor4D => {
    const size = x.shape[axis]!;
    if (taps.length === size) return size === 1 ? x : tf.reverse(x, axis);
    return tf.gather(x, tf.tensor1d(taps, 'int32'), axis);
  };
  return along(along(filter, rows, 0), columns, 1);
}

/**
 * d conv2d / d filter, as one convolution: the batch takes the place of the channels, dy that of the filter, and stride
 * and dilation change places. Any dilation, stride and padding; made of differentiable operations.
 *
 * @param x [n, h, w, in]
 * @param dy [n, oh, ow, out]
 * @returns [kh, kw, in, out]
 */
export function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filterShape: Shape4, window: Window): tf.Tensor4D {
  const info = geometry(x.shape, filterShape, window);
  const [kh, kw, channels, out] = filterShape;
  const { top, left } = info.padInfo;
  if (kh * kw === 1 && top + left === 0 && info.strideHeight * info.strideWidth === 1) {
    const pixels = tf.reshape(padOrCrop(x, [0, dy.shape[1] - x.shape[1]], [0, dy.shape[2] - x.shape[2]]), [
      -1,
      channels,
    ]);
    return tf.reshape(tf.matMul(pixels, tf.reshape(dy, [-1, out]), true, false), filterShape);
  }
  // so many zeros after the input that exactly the filter's size comes out
  const after = (k: number, dilation: number, o: number, stride: number, size: number, before: number): number =>
    (k - 1) * dilation + (o - 1) * stride + 1 - size - before;
  const bottom = after(kh, info.dilationHeight, info.outHeight, info.strideHeight, x.shape[1], top);
  const right = after(kw, info.dilationWidth, info.outWidth, info.strideWidth, x.shape[2], left);
  const input = tf.transpose(padOrCrop(x, [top, bottom], [left, right]), [3, 1, 2, 0]);
  const kernel = tf.transpose(dy, [1, 2, 0, 3]);
  const strides: [number, number] = [info.dilationHeight, info.dilationWidth];
  const dilations: [number, number] = [info.strideHeight, info.strideWidth];
  return tf.transpose(convolve(input, kernel, strides, dilations), [1, 2, 0, 3]);
}

/** A valid convolution with both strides and dilations, which tf.conv2d refuses though every kernel can do it. */
function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  strides: [number, number],
  dilations: [number, number],
): tf.Tensor4D {
  const attrs = { strides, pad: 'valid', dataFormat: 'NHWC', dilations };
  return tf.engine().runKernel(tf.Conv2D, { x, filter }, attrs) as tf.Tensor4D;
}
