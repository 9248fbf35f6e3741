import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

function numbers(windows: kernels.BlockWindows): number[] {
  const { size, count, kernel: taps, stride, before, dilation } = windows;
  return [size, count, taps, stride, before, dilation];
}

/** Whether the numbers are whole, positive where they divide, and the axis one of the tensor's. */
function fits({ rows, columns }: kernels.UnfoldAttrs): boolean {
  return [rows, columns].every(
    (windows) =>
      numbers(windows).every((n) => Number.isInteger(n) && n >= 0) && windows.stride > 0 && windows.kernel > 0,
  );
}

export const foldKernels: readonly NativeKernel[] = [
  kernel<kernels.UnfoldAttrs>(kernels.Unfold.kernelName, (backend, { x }, attrs) => {
    const { rows, columns } = attrs;
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    if (!areFloats(x) || x!.shape.length !== 4 || !fits(attrs) || rows.size !== height || columns.size !== width) {
      return null;
    }
    const y = backend.output([batch, rows.count * columns.count, channels * rows.kernel * columns.kernel], 'float32');
    const geometry = [batch, channels, ...numbers(rows), ...numbers(columns)];
    backend.call('unfold', backend.address(x!), backend.address(y), ...geometry);
    return y;
  }),
  kernel<kernels.UnfoldAttrs>(kernels.Fold.kernelName, (backend, { x }, attrs) => {
    const { rows, columns } = attrs;
    const [batch, blocks, features] = x!.shape as [number, number, number];
    const channels = features / (rows.kernel * columns.kernel);
    if (!areFloats(x) || x!.shape.length !== 3 || !fits(attrs) || blocks !== rows.count * columns.count) return null;
    if (!Number.isInteger(channels)) return null;
    const y = backend.output([batch, rows.size, columns.size, channels], 'float32');
    const geometry = [batch, channels, ...numbers(rows), ...numbers(columns)];
    backend.call('fold', backend.address(x!), backend.address(y), ...geometry);
    return y;
  }),
];
