import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { bilinear, nearest, type ResizeAttrs, type Rule, type Taps } from '../resize.js';
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

/** TFJS's gradients of resizing ignore halfPixelCenters. */
export const resizingOnGpu: readonly Composition[] = [
  resizeBack(tf.ResizeBilinearGrad, bilinear),
  resizeBack(tf.ResizeNearestNeighborGrad, nearest),
];
