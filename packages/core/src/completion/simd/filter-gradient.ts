import * as tf from '@tensorflow/tfjs-core';
import { wasmHost } from '../host/host.js';
import { addressOf, type SimdKernels } from './index.js';

const float = 4;

/** Rows of so many pixels are multiplied where they lie; shorter ones are first gathered into one block. */
const longRow = 24;

/** About so many pixels at a time stay in the cache while all tiles of the product pass over them. */
const blockPixels = 256;

/**
 * d conv2d / d filter [kh, kw, in, out]: for every tap the product of the input that it sees, transposed, with dy, summed
 * over blocks of output rows.
 */
export function filterGradientSimd(
  x: tf.Tensor,
  dy: tf.Tensor,
  info: ReturnType<typeof tf.backend_util.computeConv2DInfo>,
  backend: object,
  { transposedProduct }: SimdKernels,
): tf.TensorInfo {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, batchSize, filterHeight, filterWidth } =
    info;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
  const host = wasmHost(backend);
  const out = host.allocate([filterHeight, filterWidth, inChannels, outChannels], 'float32');
  const perBlock = Math.max(1, Math.floor(blockPixels / outWidth));
  const gathers = outWidth < longRow;
  const block = gathers ? host.allocate([perBlock * outWidth, inChannels], 'float32') : undefined;
  host.view(out).fill(0);
  const address = (tensor: tf.TensorInfo): number => addressOf(backend, tensor);
  const [xAt, dyAt, outAt] = [address(x), address(dy), address(out)];
  const from = host.view(x);
  const into = block === undefined ? undefined : host.view(block);
  const [xRow, dyRow] = [strideWidth * inChannels * float, outChannels * float];
  const rows = batchSize * outHeight;
  for (let start = 0; start < rows; start += perBlock) {
    const end = Math.min(rows, start + perBlock);
    for (let i = 0; i < filterHeight; i++) {
      for (let j = 0; j < filterWidth; j++) {
        const target = outAt + (i * filterWidth + j) * inChannels * outChannels * float;
        const shift = j * dilationWidth - padInfo.left;
        // output columns to which this tap brings a pixel of the input
        const first = Math.max(0, Math.ceil(-shift / strideWidth));
        const last = Math.min(outWidth, Math.floor((inWidth - 1 - shift) / strideWidth) + 1);
        if (last <= first) continue;
        let filled = 0;
        for (let row = start; row < end; row++) {
          const [n, y] = [Math.floor(row / outHeight), row % outHeight];
          const h = y * strideHeight + i * dilationHeight - padInfo.top;
          const inside = h >= 0 && h < inHeight;
          const read = ((n * inHeight + h) * inWidth + first * strideWidth + shift) * inChannels;
          if (into !== undefined) {
            const write = (row - start) * outWidth * inChannels;
            into.fill(0, write, write + outWidth * inChannels);
            if (!inside) continue;
            filled++;
            for (let w = first; w < last; w++) {
              const pixel = read + (w - first) * strideWidth * inChannels;
              into.set(from.subarray(pixel, pixel + inChannels), write + w * inChannels);
            }
          } else if (inside) {
            const dyStart = dyAt + (row * outWidth + first) * dyRow;
            transposedProduct(
              xAt + read * float,
              xRow,
              dyStart,
              dyRow,
              target,
              dyRow,
              last - first,
              inChannels,
              outChannels,
            );
          }
        }
        if (block !== undefined && filled > 0) {
          transposedProduct(
            address(block),
            inChannels * float,
            dyAt + start * outWidth * dyRow,
            dyRow,
            target,
            dyRow,
            (end - start) * outWidth,
            inChannels,
            outChannels,
          );
        }
      }
    }
  }
  if (block !== undefined) tf.engine().makeTensorFromTensorInfo(block).dispose();
  return out;
}

/** aᵀ b for matrices [k, m] and [k, n] that begin at these addresses; the result is added to `to` [m, n]. */
export function addTransposedProduct(
  { transposedProduct }: SimdKernels,
  a: number,
  b: number,
  to: number,
  k: number,
  m: number,
  n: number,
): void {
  for (let row = 0; row < k; row += blockPixels) {
    const depth = Math.min(blockPixels, k - row);
    transposedProduct(a + row * m * float, m * float, b + row * n * float, n * float, to, n * float, depth, m, n);
  }
}
