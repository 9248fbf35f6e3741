import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { hostKernel, type Host, type HostKernel } from './host.js';

export interface ResizeAttrs {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** For each output position two input positions and the weight of the second. */
export interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float64Array;
}

export type Rule = (output: number, input: number, attrs: ResizeAttrs) => Taps;

function scaleOf(input: number, output: number, alignCorners: boolean): number {
  return alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output;
}

export const bilinear: Rule = (output, input, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(input, output, alignCorners);
  const positions = Float64Array.from({ length: output }, (_, o) =>
    Math.max(0, halfPixelCenters ? (o + 0.5) * scale - 0.5 : o * scale),
  );
  const low = Int32Array.from(positions, (p) => Math.min(Math.floor(p), input - 1));
  return {
    low,
    high: Int32Array.from(positions, (p) => Math.min(Math.ceil(p), input - 1)),
    weight: positions.map((p, o) => p - low[o]!),
  };
};

export const nearest: Rule = (output, input, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(input, output, alignCorners);
  const low = Int32Array.from({ length: output }, (_, o) => {
    const p = halfPixelCenters ? (o + 0.5) * scale : o * scale;
    const rounded = alignCorners ? Math.round(p) : Math.floor(p);
    return Math.max(0, Math.min(input - 1, rounded));
  });
  return { low, high: low, weight: new Float64Array(output) };
};

/** Adds every pixel of dy to the input pixels it was made of. */
function scatter(images: tf.TensorInfo, dy: tf.TensorInfo, attrs: ResizeAttrs, rule: Rule, host: Host): tf.TensorInfo {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const [, tall, wide] = dy.shape as [number, number, number, number];
  const out = host.allocate(images.shape, 'float32');
  const [from, to] = [host.view(dy), host.view(out)];
  const [rows, columns] = [rule(tall, height, attrs), rule(wide, width, attrs)];
  to.fill(0);
  let read = 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < tall; y++) {
      const top = (n * height + rows.low[y]!) * width;
      const bottom = (n * height + rows.high[y]!) * width;
      const v = rows.weight[y]!;
      for (let x = 0; x < wide; x++, read += channels) {
        const [left, right, u] = [columns.low[x]!, columns.high[x]!, columns.weight[x]!];
        if (u === 0 && v === 0) {
          for (let c = 0, at = (top + left) * channels; c < channels; c++) to[at + c]! += from[read + c]!;
          continue;
        }
        const [a, b] = [(top + left) * channels, (top + right) * channels];
        const [d, e] = [(bottom + left) * channels, (bottom + right) * channels];
        for (let c = 0; c < channels; c++) {
          const value = from[read + c]!;
          const [high, low] = [value * (1 - v), value * v];
          to[a + c]! += high * (1 - u);
          to[b + c]! += high * u;
          to[d + c]! += low * (1 - u);
          to[e + c]! += low * u;
        }
      }
    }
  }
  return out;
}

/** Gradients of resizing. TFJS's ignore halfPixelCenters, and cpu's bilinear one mixes up height and width. */
export const resizeKernels: readonly HostKernel[] = [
  hostKernel<ResizeAttrs>(tf.ResizeBilinearGrad, 'wrong', ({ images, dy }, attrs, host) =>
    scatter(images!, dy!, attrs, bilinear, host),
  ),
  hostKernel<ResizeAttrs>(tf.ResizeNearestNeighborGrad, 'wrong', ({ images, dy }, attrs, host) => {
    const [down, across] = [dy!.shape[1]! / images!.shape[1]!, dy!.shape[2]! / images!.shape[2]!];
    if (attrs.alignCorners || !Number.isInteger(down) || !Number.isInteger(across)) {
      return scatter(images!, dy!, attrs, nearest, host);
    }
    // every pixel was repeated in a block, which pooling sums with vector instructions where the backend has them
    return scope(() => {
      const pooled = tf.avgPool(dy! as tf.Tensor4D, [down, across], [down, across], 'valid');
      return tf.mul(pooled, down * across);
    });
  }),
];
