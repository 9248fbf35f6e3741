import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { sampleGrid } from '../../kernels/grid-sample/gradient.js';
import { gridSample as composedGridSample } from '../../kernels/grid-sample/reference.js';
import { GridSample, type GridPadding } from '../../kernels/grid-sample/spec.js';

export interface GridSampleOptions {
  /** Default 'bilinear', which over three axes is trilinear; 'bicubic' over two only. */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside the input; default 'zeros'. */
  readonly paddingMode?: GridPadding;
  /** True: -1 and 1 are the centres of the first and last element; default false: their outer edges. */
  readonly alignCorners?: boolean;
}

/**
 * Samples x at the points of a grid. Differentiable in both; with 'nearest' the grid's gradient is 0.
 *
 * @param x [batch, height, width, channels] or [batch, depth, height, width, channels]
 * @param grid [batch, outHeight, outWidth, 2] of (x, y), or [batch, outDepth, outHeight, outWidth, 3] of (x, y, z), in [-1, 1]
 * @returns [batch, …the grid's axes, channels]
 */
export function gridSample(x: tf.Tensor, grid: tf.Tensor, options: GridSampleOptions = {}): tf.Tensor {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  const spatial = x.rank - 2;
  check(
    (spatial === 2 || spatial === 3) &&
      grid.rank === x.rank &&
      grid.shape.at(-1) === spatial &&
      grid.shape[0] === x.shape[0],
    () => `gridSample: a grid [${grid.shape.join(', ')}] does not fit an input [${x.shape.join(', ')}]`,
  );
  check(
    x.shape.slice(1, -1).every((size) => size > 0),
    () => `gridSample: an input [${x.shape.join(', ')}] has nothing to be sampled`,
  );
  check(mode !== 'bicubic' || spatial === 2, "gridSample: mode 'bicubic' needs two spatial axes");
  const attrs = { mode, padding: paddingMode, alignCorners };
  const fused = GridSample.isBrought && x.dtype === 'float32' && grid.dtype === 'float32';
  // composed, the gradients' operations keep what they need, and the forward pass is not run again for them
  return fused ? sampleGrid({ x, grid }, attrs) : scope(() => composedGridSample({ x, grid }, attrs)[0]!);
}
