import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** The numbers that grid_sample.cpp knows them by. */
const modes: Readonly<Record<kernels.GridSampleAttrs['mode'], number>> = { bilinear: 0, nearest: 1, bicubic: 2 };
const paddings: Readonly<Record<kernels.GridPadding, number>> = { zeros: 0, border: 1, reflection: 2 };

/** What a Sampling in C++ is made of; null where shapes do not fit. */
function sampling(
  shape: readonly number[],
  grid: tf.TensorInfo,
  { mode, padding, alignCorners }: kernels.GridSampleAttrs,
): number[] | null {
  const axes = shape.length - 2;
  const fits = (axes === 2 || axes === 3) && grid.shape.at(-1) === axes && grid.shape[0] === shape[0];
  const sizes = shape.slice(1, -1);
  if (!fits || sizes.includes(0) || (mode === 'bicubic' && axes === 3)) return null;
  const points = tf.util.sizeFromShape(grid.shape.slice(1, -1));
  const volume = axes === 2 ? [1, ...sizes] : sizes;
  return [shape[0]!, ...volume, shape.at(-1)!, points, axes, modes[mode], paddings[padding], Number(alignCorners)];
}

const resultOf = (shape: readonly number[], grid: tf.TensorInfo): number[] => [
  ...grid.shape.slice(0, -1),
  shape.at(-1)!,
];

const isEmpty = (shape: readonly number[]): boolean => tf.util.sizeFromShape([...shape]) === 0;

/** Samples at the points of a grid, and their gradients. */
export const gridSampleKernels: readonly NativeKernel[] = [
  kernel<kernels.GridSampleAttrs>(kernels.GridSample.kernelName, (backend, { x, grid }, attrs) => {
    const given = sampling(x!.shape, grid!, attrs);
    if (!areFloats(x, grid) || given === null) return null;
    const y = backend.output(resultOf(x!.shape, grid!), 'float32');
    if (isEmpty(y.shape)) return y;
    backend.call('grid_sample', ...[y, x!, grid!].map((info) => backend.address(info)), ...given);
    return y;
  }),
  kernel<kernels.GridSampleInputGradientAttrs>(
    kernels.GridSampleInputGradient.kernelName,
    (backend, { grid, dy }, { shape, ...attrs }) => {
      const given = sampling(shape, grid!, attrs);
      if (!areFloats(grid, dy) || given === null) return null;
      if (!tf.util.arraysEqual(dy!.shape, resultOf(shape, grid!))) return null;
      const dx = backend.output(shape, 'float32');
      if (isEmpty(shape)) return dx;
      backend.call('grid_sample_input_gradient', ...[dx, grid!, dy!].map((info) => backend.address(info)), ...given);
      return dx;
    },
  ),
  kernel<kernels.GridSampleAttrs>(kernels.GridSampleGridGradient.kernelName, (backend, { x, grid, dy }, attrs) => {
    const given = sampling(x!.shape, grid!, attrs);
    if (!areFloats(x, grid, dy) || given === null) return null;
    if (!tf.util.arraysEqual(dy!.shape, resultOf(x!.shape, grid!))) return null;
    const dgrid = backend.output(grid!.shape, 'float32');
    const places = [dgrid, x!, grid!, dy!].map((info) => backend.address(info));
    if (!isEmpty(grid!.shape)) backend.call('grid_sample_grid_gradient', ...places, ...given);
    return dgrid;
  }),
];
