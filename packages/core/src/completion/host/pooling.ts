import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type HostKernel, type Values } from './host.js';

/** One axis of a pooling window: output position o covers input positions o·stride − before … within [0, input). */
export interface Axis {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly before: number;
}

export interface Pool {
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly [Axis, Axis, Axis];
}

const single: Axis = { input: 1, output: 1, size: 1, stride: 1, before: 0 };

export function pool2d(shape: number[], attrs: tf.MaxPoolGradAttrs): Pool {
  const { filterSize, strides, pad } = attrs;
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    axes: [
      single,
      {
        input: info.inHeight,
        output: info.outHeight,
        size: info.filterHeight,
        stride: info.strideHeight,
        before: info.padInfo.top,
      },
      {
        input: info.inWidth,
        output: info.outWidth,
        size: info.filterWidth,
        stride: info.strideWidth,
        before: info.padInfo.left,
      },
    ],
  };
}

export function pool3d(shape: number[], attrs: tf.MaxPool3DGradAttrs): Pool {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    axes: [
      {
        input: info.inDepth,
        output: info.outDepth,
        size: info.filterDepth,
        stride: info.strideDepth,
        before: info.padInfo.front,
      },
      {
        input: info.inHeight,
        output: info.outHeight,
        size: info.filterHeight,
        stride: info.strideHeight,
        before: info.padInfo.top,
      },
      {
        input: info.inWidth,
        output: info.outWidth,
        size: info.filterWidth,
        stride: info.strideWidth,
        before: info.padInfo.left,
      },
    ],
  };
}

function start({ stride, before }: Axis, o: number): number {
  return Math.max(0, o * stride - before);
}

function end({ input, size, stride, before }: Axis, o: number): number {
  return Math.min(input, o * stride - before + size);
}

/** Calls `visit` for every window with its bounds in the input, in the order of the output. */
export function eachWindow(
  { batch, axes: [depth, height, width] }: Pool,
  visit: (n: number, d0: number, d1: number, h0: number, h1: number, w0: number, w1: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let d = 0; d < depth.output; d++) {
      for (let h = 0; h < height.output; h++) {
        for (let w = 0; w < width.output; w++) {
          visit(n, start(depth, d), end(depth, d), start(height, h), end(height, h), start(width, w), end(width, w));
        }
      }
    }
  }
}

/** Writes where the first largest element of each window lies in the input, as PyTorch and TensorFlow choose; NaN wins. */
function argMaxima(pool: Pool, x: Values, at: Int32Array): void {
  const { channels, axes } = pool;
  const [depth, height, width] = axes;
  let out = 0;
  eachWindow(pool, (n, d0, d1, h0, h1, w0, w1) => {
    const corner = ((n * depth.input + d0) * height.input + h0) * width.input + w0;
    for (let c = 0; c < channels; c++) {
      let best = corner * channels + c;
      let most = x[best]!;
      for (let d = d0; d < d1; d++) {
        for (let h = h0; h < h1; h++) {
          let read = (((n * depth.input + d) * height.input + h) * width.input + w0) * channels + c;
          for (let w = w0; w < w1; w++, read += channels) {
            const value = x[read]!;
            if (value > most || value !== value) {
              if (most !== most) continue;
              most = value;
              best = read;
            }
          }
        }
      }
      at[out + c] = best;
    }
    out += channels;
  });
}

function maxPoolGradient(pool: Pool, dy: Values, x: Values, dx: Values): void {
  const at = new Int32Array(dy.length);
  argMaxima(pool, x, at);
  dx.fill(0);
  for (let i = 0; i < at.length; i++) dx[at[i]!]! += dy[i]!;
}

/** Shares the gradient between the elements of each window that lie in the input: padding is not counted. */
function avgPoolGradient(pool: Pool, dy: Values, dx: Values): void {
  const { channels, axes } = pool;
  const [depth, height, width] = axes;
  dx.fill(0);
  let out = 0;
  eachWindow(pool, (n, d0, d1, h0, h1, w0, w1) => {
    const scale = 1 / ((d1 - d0) * (h1 - h0) * (w1 - w0));
    for (let d = d0; d < d1; d++) {
      for (let h = h0; h < h1; h++) {
        for (let w = w0; w < w1; w++) {
          const pixel = (((n * depth.input + d) * height.input + h) * width.input + w) * channels;
          for (let c = 0; c < channels; c++) dx[pixel + c]! += dy[out + c]! * scale;
        }
      }
    }
    out += channels;
  });
}

function maxGradient<Attributes extends object>(
  kernelName: string,
  pool: (shape: number[], attrs: Attributes) => Pool,
): HostKernel {
  return hostKernel<Attributes>(kernelName, 'wrong', ({ dy, input }, attrs, host) => {
    const dx = host.allocate(input!.shape, 'float32');
    maxPoolGradient(pool(input!.shape, attrs), host.view(dy!), host.view(input!), host.view(dx));
    return dx;
  });
}

function avgGradient<Attributes extends object>(
  kernelName: string,
  pool: (shape: number[], attrs: Attributes) => Pool,
): HostKernel {
  return hostKernel<Attributes>(kernelName, 'wrong', ({ dy, input }, attrs, host) => {
    const dx = host.allocate(input!.shape, 'float32');
    avgPoolGradient(pool(input!.shape, attrs), host.view(dy!), host.view(dx));
    return dx;
  });
}

export const maxPoolGradKernel = maxGradient<tf.MaxPoolGradAttrs>(tf.MaxPoolGrad, pool2d);

/**
 * Gradients of pooling. TFJS's on wasm send the gradient of a window of negative numbers to its first element and that of
 * a tie to the last; its average divides by the whole window also where padding is not counted.
 */
export const poolingKernels: readonly HostKernel[] = [
  maxPoolGradKernel,
  maxGradient<tf.MaxPool3DGradAttrs>(tf.MaxPool3DGrad, pool3d),
  avgGradient<tf.AvgPoolGradAttrs>(tf.AvgPoolGrad, pool2d),
  avgGradient<tf.AvgPool3DGradAttrs>(tf.AvgPool3DGrad, pool3d),
];

/** Maxima with their places; TFJS's on wasm finds none among negative numbers. */
export const maxPoolWithArgmax: HostKernel = hostKernel<tf.MaxPoolWithArgmaxAttrs>(
  tf.MaxPoolWithArgmax,
  'wrong',
  ({ x }, { includeBatchInIndex, ...attrs }, host) => {
    const pool = pool2d(x!.shape, attrs);
    const shape = [pool.batch, pool.axes[1].output, pool.axes[2].output, pool.channels];
    const [result, indices] = [host.allocate(shape, 'float32'), host.allocate(shape, 'int32')];
    const [from, to, at] = [host.view(x!), host.view(result), host.view(indices) as Int32Array];
    argMaxima(pool, from, at);
    const picture = from.length / pool.batch;
    for (let i = 0; i < at.length; i++) {
      to[i] = from[at[i]!]!;
      if (!includeBatchInIndex) at[i]! %= picture;
    }
    return [result, indices];
  },
);
