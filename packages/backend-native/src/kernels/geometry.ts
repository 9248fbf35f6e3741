import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** Kernels of point clouds. */
export const geometryKernels: readonly NativeKernel[] = [
  kernel(kernels.NearestPoints.kernelName, (backend, { a, b }) => {
    if (!areFloats(a, b) || a!.shape.length !== 3 || b!.shape.length !== 3) return null;
    const [batch, points, dimensions] = a!.shape as [number, number, number];
    const candidates = b!.shape[1]!;
    const fits = b!.shape[0] === batch && b!.shape[2] === dimensions && candidates > 0 && candidates < 2 ** 31 - 64;
    if (!fits || dimensions === 0) return null;
    const out = backend.output([batch, points], 'int32');
    backend.call(
      'nearest_points',
      backend.address(out),
      backend.address(a!),
      backend.address(b!),
      batch,
      points,
      candidates,
      dimensions,
    );
    return out;
  }),
];
