import * as tf from '@tensorflow/tfjs-core';
import { runKernel } from './define.js';

type Shape5 = [number, number, number, number, number];

/** How a 3-D convolution slides, in the terms of TFJS. */
export interface Window3d {
  readonly strides: [number, number, number] | number;
  readonly pad: 'valid' | 'same';
  readonly dilations: [number, number, number] | number;
}

function geometry(inputShape: Shape5, filterShape: Shape5, { strides, pad, dilations }: Window3d) {
  const info = tf.backend_util.computeConv3DInfo(inputShape, filterShape, strides, dilations, pad);
  const { padInfo: p } = info;
  // attributes of the 2-D convolution of one frame
  const window = {
    dataFormat: 'NHWC',
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pad: [
      [0, 0],
      [p.top, p.bottom],
      [p.left, p.right],
      [0, 0],
    ],
  };
  return { info, window };
}

type Geometry = ReturnType<typeof geometry>;

/** The output frames from `from` to `to` are those to which tap `tap` of the depth brings a real input frame. */
function reach(
  { info }: Geometry,
  tap: number,
): { readonly from: number; readonly to: number; readonly first: number } {
  const shift = tap * info.dilationDepth - info.padInfo.front;
  const from = Math.max(0, Math.ceil(-shift / info.strideDepth));
  const to = Math.min(info.outDepth, Math.floor((info.inDepth - 1 - shift) / info.strideDepth) + 1);
  return { from, to, first: from * info.strideDepth + shift };
}

/** Some frames of [n, depth, h, w, c] as a batch of pictures. */
function frames(x: tf.Tensor5D, first: number, count: number, stride: number): tf.Tensor4D {
  const [n, , h, w, c] = x.shape;
  const end = first + (count - 1) * stride + 1;
  const picked =
    stride === 1
      ? tf.slice(x, [0, first, 0, 0, 0], [n, count, h, w, c])
      : tf.stridedSlice(x, [0, first, 0, 0, 0], [n, end, h, w, c], [1, stride, 1, 1, 1]);
  return tf.reshape(picked, [n * count, h, w, c]);
}

function tapOf(filter: tf.Tensor5D, tap: number): tf.Tensor4D {
  const [, kh, kw, c, o] = filter.shape;
  return tf.reshape(tf.slice(filter, tap, 1), [kh, kw, c, o]);
}

/** Puts a batch of pictures back at frames first, first + stride, … of a depth of zeros. */
function placed(pictures: tf.Tensor, n: number, depth: number, first: number, stride: number): tf.Tensor {
  const [count, h, w, c] = [pictures.shape[0] / n, ...pictures.shape.slice(1)] as [number, number, number, number];
  const spaced =
    stride === 1
      ? pictures
      : tf.pad(tf.reshape(pictures, [n, count, 1, h * w * c]), [
          [0, 0],
          [0, 0],
          [0, stride - 1],
          [0, 0],
        ]);
  const rows = tf.reshape(spaced, [n, count * stride, h, w, c]);
  const kept = Math.min(count * stride, depth - first);
  return tf.pad(tf.slice(rows, [0, 0, 0, 0, 0], [n, kept, h, w, c]), [
    [0, 0],
    [first, depth - first - kept],
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
}

/** Calls `visit` for the taps of the depth that meet the input. */
function overTaps<T>(geometry: Geometry, visit: (tap: number, from: number, count: number, first: number) => T): T[] {
  return Array.from({ length: geometry.info.filterDepth }, (_, tap) => tap).flatMap((tap) => {
    const { from, to, first } = reach(geometry, tap);
    return to > from ? [visit(tap, from, to - from, first)] : [];
  });
}

/** conv3d as a sum over the depth of the filter of 2-D convolutions of frames, which backends have fast. */
export function convolve3d(x: tf.Tensor5D, filter: tf.Tensor5D, window: Window3d): tf.Tensor5D {
  const shape = geometry(x.shape, filter.shape, window);
  const { info } = shape;
  const parts = overTaps(shape, (tap, from, count, first) => {
    const inputs = { x: frames(x, first, count, info.strideDepth), filter: tapOf(filter, tap) };
    const y = runKernel(tf.Conv2D, inputs, shape.window);
    return placed(y, x.shape[0], info.outDepth, from, 1);
  });
  return (parts.length === 0 ? tf.zeros(info.outShape) : tf.addN(parts)) as tf.Tensor5D;
}

/** d conv3d / d input; any stride and dilation. */
export function inputGradient3d(
  dy: tf.Tensor5D,
  filter: tf.Tensor5D,
  inputShape: Shape5,
  window: Window3d,
): tf.Tensor5D {
  const shape = geometry(inputShape, filter.shape, window);
  const [n, depth, h, w, c] = inputShape;
  const parts = overTaps(shape, (tap, from, count, first) => {
    const inputs = { dy: frames(dy, from, count, 1), filter: tapOf(filter, tap) };
    const attrs = { ...shape.window, inputShape: [n * count, h, w, c] };
    const dx = runKernel(tf.Conv2DBackpropInput, inputs, attrs);
    return placed(dx, n, depth, first, shape.info.strideDepth);
  });
  return (parts.length === 0 ? tf.zeros(inputShape) : tf.addN(parts)) as tf.Tensor5D;
}

/** d conv3d / d filter; any stride and dilation. */
export function filterGradient3d(x: tf.Tensor5D, dy: tf.Tensor5D, filterShape: Shape5, window: Window3d): tf.Tensor5D {
  const shape = geometry(x.shape, filterShape, window);
  const [, kh, kw, c, o] = filterShape;
  const taps = new Map(
    overTaps(shape, (tap, from, count, first): [number, tf.Tensor] => {
      const inputs = { x: frames(x, first, count, shape.info.strideDepth), dy: frames(dy, from, count, 1) };
      return [tap, runKernel(tf.Conv2DBackpropFilter, inputs, { ...shape.window, filterShape: [kh, kw, c, o] })];
    }),
  );
  return tf.stack(
    Array.from({ length: filterShape[0] }, (_, tap) => taps.get(tap) ?? tf.zeros([kh, kw, c, o])),
  ) as tf.Tensor5D;
}
