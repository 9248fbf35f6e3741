import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** Kernels of vector quantisation. */
export const quantizationKernels: readonly NativeKernel[] = [
  kernel(kernels.NearestCodes.kernelName, (backend, { x, codebook }) => {
    if (!areFloats(x, codebook) || x!.shape.length !== 2 || codebook!.shape.length !== 2) return null;
    const [rows, width] = x!.shape as [number, number];
    const codes = codebook!.shape[0]!;
    if (codebook!.shape[1] !== width || width === 0 || codes === 0 || codes > 2 ** 31 - 512) return null;
    const out = backend.output([rows], 'int32');
    const addresses = [out, x!, codebook!].map((tensor) => backend.address(tensor));
    backend.call('nearest_codes', ...addresses, rows, codes, width);
    return out;
  }),
  kernel<kernels.CodeStatisticsAttrs>(kernels.CodeStatistics.kernelName, (backend, { x, codes }, { size }) => {
    if (!areFloats(x) || x!.shape.length !== 2 || codes?.dtype !== 'int32' || codes.shape.length !== 1) return null;
    const [rows, width] = x!.shape as [number, number];
    if (codes.shape[0] !== rows) return null;
    const counts = backend.output([size], 'float32');
    const sums = backend.output([size, width], 'float32');
    backend.call('count_ids', backend.address(counts), backend.address(codes), rows, size);
    const addresses = [sums, x!, codes].map((tensor) => backend.address(tensor));
    backend.call('segment_sum', ...addresses, rows, size, width, 0);
    return [counts, sums];
  }),
];
