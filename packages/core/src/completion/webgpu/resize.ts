import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { bilinear, nearest, type ResizeAttrs, type Rule, type Taps } from '../host/resize.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';

/** A pixel gets its share of the outputs that were made of it, which along an axis are those of one range. */
const gather: Shader = {
  name: 'resize-gradient',
  workgroup: threads,
  uniforms: { count: 'u32', channels: 'u32', height: 'u32', width: 'u32', tall: 'u32', wide: 'u32' },
  code: forEach(`
  var rest = i;
  let c = rest % uniforms.channels; rest /= uniforms.channels;
  let column = rest % uniforms.width; rest /= uniforms.width;
  let row = rest % uniforms.height;
  let picture = rest / uniforms.height;
  var sum = 0.0;
  for (var y = u32(rows[2u * row]); y < u32(rows[2u * row + 1u]); y++) {
    let low_row = i32(rows[2u * uniforms.height + 3u * y]);
    let high_row = i32(rows[2u * uniforms.height + 3u * y + 1u]);
    let v = rows[2u * uniforms.height + 3u * y + 2u];
    let of_row = select(0.0, 1.0 - v, low_row == i32(row)) + select(0.0, v, high_row == i32(row));
    for (var x = u32(columns[2u * column]); x < u32(columns[2u * column + 1u]); x++) {
      let low = i32(columns[2u * uniforms.width + 3u * x]);
      let high = i32(columns[2u * uniforms.width + 3u * x + 1u]);
      let u = columns[2u * uniforms.width + 3u * x + 2u];
      let share = select(0.0, 1.0 - u, low == i32(column)) + select(0.0, u, high == i32(column));
      sum += of_row * share * dy[((picture * uniforms.tall + y) * uniforms.wide + x) * uniforms.channels + c];
    }
  }
  dx[i] = sum;`),
};

/** For each input the range of outputs made of it, then each output's two inputs and the weight of the second. */
function table({ low, high, weight }: Taps, input: number): Float32Array {
  const numbers = new Float32Array(2 * input + 3 * low.length);
  for (let at = 0; at < input; at++) {
    const first = high.findIndex((tap) => tap >= at);
    const end = low.findLastIndex((tap) => tap <= at) + 1;
    numbers[2 * at] = first < 0 ? 0 : first;
    numbers[2 * at + 1] = first < 0 ? 0 : end;
  }
  low.forEach((tap, o) => numbers.set([tap, high[o]!, weight[o]!], 2 * input + 3 * o));
  return numbers;
}

function resizeBack(kernelName: string, rule: Rule): Composition {
  return gpuKernel<ResizeAttrs>(kernelName, ({ images, dy }, attrs, gpu) => {
    const [, height, width, channels] = images!.shape as [number, number, number, number];
    const [, tall, wide] = dy!.shape as [number, number, number, number];
    const dx = gpu.allocate(images!.shape);
    const count = tf.util.sizeFromShape(images!.shape);
    const rows = gpu.upload(table(rule(tall, height, attrs), height));
    const columns = gpu.upload(table(rule(wide, width, attrs), width));
    gpu.run(gather, {
      inputs: { dy: dy!, rows, columns },
      outputs: { dx },
      uniforms: { count, channels, height, width, tall, wide },
      groups: groupsFor(count),
    });
    return dx;
  });
}

/** Pixels between the corners of each box, halves of nearest ones upward. */
const crop: Shader<{ NEAREST: boolean }> = {
  name: 'crop-and-resize',
  workgroup: threads,
  uniforms: {
    count: 'u32',
    batch: 'i32',
    height: 'u32',
    width: 'u32',
    channels: 'u32',
    tall: 'u32',
    wide: 'u32',
    outside: 'f32',
  },
  code: ({ NEAREST }) =>
    forEach(
      `
  var rest = i;
  let c = rest % uniforms.channels; rest /= uniforms.channels;
  let column = rest % uniforms.wide; rest /= uniforms.wide;
  let row = rest % uniforms.tall;
  let box = rest / uniforms.tall;
  let picture = picture_of[box];
  if (picture < 0 || picture >= uniforms.batch) { y[i] = 0.0; return; }
  let v = place(boxes[4u * box], boxes[4u * box + 2u], row, uniforms.tall, uniforms.height);
  let u = place(boxes[4u * box + 1u], boxes[4u * box + 3u], column, uniforms.wide, uniforms.width);
  // also where a box is not a number
  let inside = v >= 0.0 && v <= f32(uniforms.height - 1u) && u >= 0.0 && u <= f32(uniforms.width - 1u);
  if (!inside) { y[i] = uniforms.outside; return; }
  let first = u32(picture) * uniforms.height;
  ${
    NEAREST
      ? 'y[i] = pixel(first + u32(floor(v + 0.5)), u32(floor(u + 0.5)), c);'
      : `let top = first + u32(floor(v));
  let bottom = first + u32(ceil(v));
  let left = u32(floor(u));
  let right = u32(ceil(u));
  let across = fract(u);
  let above = pixel(top, left, c) + (pixel(top, right, c) - pixel(top, left, c)) * across;
  let below = pixel(bottom, left, c) + (pixel(bottom, right, c) - pixel(bottom, left, c)) * across;
  y[i] = above + (below - above) * fract(v);`
  }`,
      `
fn place(first: f32, last: f32, at: u32, count: u32, pixels: u32) -> f32 {
  let length = f32(pixels - 1u);
  if (count == 1u) { return 0.5 * (first + last) * length; }
  return first * length + f32(at) * ((last - first) * length / f32(count - 1u));
}
fn pixel(row: u32, column: u32, c: u32) -> f32 { return image[(row * uniforms.width + column) * uniforms.channels + c]; }`,
    ),
};

const cropAndResize = gpuKernel<tf.CropAndResizeAttrs>(
  tf.CropAndResize,
  ({ image, boxes, boxInd }, { cropSize, method, extrapolationValue }, gpu) => {
    const [batch, height, width, channels] = image!.shape as [number, number, number, number];
    const [tall, wide] = cropSize;
    const y = gpu.allocate([boxes!.shape[0]!, tall, wide, channels]);
    const count = tf.util.sizeFromShape(y.shape);
    gpu.run(crop, {
      inputs: { image: image!, boxes: boxes!, picture_of: boxInd! },
      outputs: { y },
      uniforms: { count, batch, height, width, channels, tall, wide, outside: extrapolationValue },
      constants: { NEAREST: method === 'nearest' },
      groups: groupsFor(count),
    });
    return y;
  },
);

/** TFJS's gradients of resizing ignore halfPixelCenters; its nearest pixels of crops are others than those of its other backends. */
export const resizingOnGpu: readonly Composition[] = [
  cropAndResize,
  resizeBack(tf.ResizeBilinearGrad, bilinear),
  resizeBack(tf.ResizeNearestNeighborGrad, nearest),
];
