import type { TensorInfo } from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

type Cloud = [batch: number, points: number, dimensions: number];

/** The sizes of clouds in one space that can be searched; null where shapes or dtypes are not what they must be. */
function cloudsOf(a: TensorInfo | undefined, b: TensorInfo | undefined): [...Cloud, candidates: number] | null {
  if (!areFloats(a, b) || a!.shape.length !== 3 || b!.shape.length !== 3) return null;
  const [batch, points, dimensions] = a!.shape as Cloud;
  const candidates = b!.shape[1]!;
  const fits = b!.shape[0] === batch && b!.shape[2] === dimensions && candidates > 0 && candidates < 2 ** 31 - 512;
  return fits && dimensions > 0 ? [batch, points, dimensions, candidates] : null;
}

const areIndices = (indices: TensorInfo | undefined, shape: readonly number[]): boolean =>
  indices?.dtype === 'int32' && indices.shape.join() === shape.join();

/** Kernels of point clouds. */
export const geometryKernels: readonly NativeKernel[] = [
  kernel(kernels.NearestPoints.kernelName, (backend, { a, b }) => {
    const sizes = cloudsOf(a, b);
    if (sizes === null) return null;
    const [batch, points, dimensions, candidates] = sizes;
    const out = backend.output([batch, points], 'int32');
    const addresses = [out, a!, b!].map((tensor) => backend.address(tensor));
    backend.call('nearest_points', ...addresses, batch, points, candidates, dimensions);
    return out;
  }),
  kernel<kernels.NearestNeighboursAttrs>(kernels.NearestNeighbours.kernelName, (backend, { a, b }, { count }) => {
    const sizes = cloudsOf(a, b);
    if (sizes === null || !(count >= 1 && count <= sizes[3])) return null;
    const [batch, points, dimensions, candidates] = sizes;
    const out = backend.output([batch, points, count], 'int32');
    const addresses = [out, a!, b!].map((tensor) => backend.address(tensor));
    backend.call('nearest_neighbours', ...addresses, batch, points, candidates, dimensions, count);
    return out;
  }),
  kernel(kernels.NeighbourDistances.kernelName, (backend, { a, b, indices }) => {
    const sizes = cloudsOf(a, b);
    const count = indices?.shape[2] ?? 0;
    if (sizes === null || !areIndices(indices, [sizes[0], sizes[1], count])) return null;
    const [batch, points, dimensions, candidates] = sizes;
    const out = backend.output([batch, points, count], 'float32');
    const addresses = [out, a!, b!, indices!].map((tensor) => backend.address(tensor));
    backend.call('neighbour_distances', ...addresses, batch, points, candidates, dimensions, count);
    return out;
  }),
  kernel(kernels.NeighbourDistancesGradient.kernelName, (backend, { a, b, indices, dy }) => {
    const sizes = cloudsOf(a, b);
    const count = indices?.shape[2] ?? 0;
    if (sizes === null || !areIndices(indices, [sizes[0], sizes[1], count]) || !areFloats(dy)) return null;
    if (dy!.shape.join() !== indices!.shape.join()) return null;
    const [batch, points, dimensions, candidates] = sizes;
    const outputs = [backend.output(a!.shape, 'float32'), backend.output(b!.shape, 'float32')];
    const addresses = [...outputs, dy!, a!, b!, indices!].map((tensor) => backend.address(tensor));
    backend.call('neighbour_distances_gradient', ...addresses, batch, points, candidates, dimensions, count);
    return outputs;
  }),
  kernel<kernels.FarthestPointsAttrs>(kernels.FarthestPoints.kernelName, (backend, { x, start }, { count }) => {
    if (!areFloats(x) || x!.shape.length !== 3 || !areIndices(start, [x!.shape[0]!]) || count < 1) return null;
    const [batch, points, dimensions] = x!.shape as Cloud;
    if (dimensions === 0 || points === 0 || points > 2 ** 31 - 512) return null;
    const out = backend.output([batch, count], 'int32');
    const addresses = [out, x!, start!].map((tensor) => backend.address(tensor));
    backend.call('farthest_points', ...addresses, batch, points, dimensions, count);
    return out;
  }),
  kernel<kernels.BallQueryAttrs>(
    kernels.BallQuery.kernelName,
    (backend, { centres, points }, { radius, count, repeat }) => {
      const sizes = cloudsOf(centres, points);
      if (sizes === null || count < 1) return null;
      const [batch, rows, dimensions, size] = sizes;
      const out = backend.output([batch, rows, count], 'int32');
      const addresses = [out, centres!, points!].map((tensor) => backend.address(tensor));
      backend.call('ball_query', ...addresses, batch, rows, size, dimensions, radius, count, Number(repeat));
      return out;
    },
  ),
];
