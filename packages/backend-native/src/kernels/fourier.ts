import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';
import { fourierTables, halfRoots } from './fourier-plan.js';

/** TFJS's FFT and IFFT, of complex tensors, whose two parts are tensors of their own. */
function complexTransform(name: string, inverse: boolean): NativeKernel {
  return kernel(name, (backend, { input }) => {
    const n = input!.shape.at(-1)!;
    const parts = backend.dataOf(input!).complexTensorInfos;
    if (input!.dtype !== 'complex64' || parts === undefined || n === 0) return null;
    const outputs = [0, 1].map(() => backend.output(input!.shape, 'float32')) as [tf.TensorInfo, tf.TensorInfo];
    const { plan, chirp } = fourierTables(backend, n);
    const addresses = [parts.real, parts.imag, ...outputs].map((info) => backend.address(info));
    const rows = tf.util.sizeFromShape(input!.shape) / n;
    backend.call('fourier_parts', ...addresses, rows, n, plan, chirp, Number(inverse), inverse ? 1 / n : 1);
    const y = backend.makeTensorInfo(input!.shape, 'complex64');
    const [real, imag] = outputs;
    backend.dataOf(y).complexTensorInfos = { real, imag };
    return y;
  });
}

const dft = kernel<kernels.DftAttrs>(kernels.Dft.kernelName, (backend, { x }, { sign, factor }) => {
  const [rows, n, two] = x!.shape as [number, number, number];
  if (!areFloats(x) || x!.shape.length !== 3 || two !== 2 || n === 0) return null;
  const y = backend.output(x!.shape, 'float32');
  const { plan, chirp } = fourierTables(backend, n);
  const addresses = [backend.address(x!), backend.address(y)];
  backend.call('fourier_pairs', ...addresses, rows, n, plan, chirp, Number(sign === 1), factor);
  return y;
});

const realDft = kernel<kernels.RealDftAttrs>(kernels.RealDft.kernelName, (backend, { x }, { doubled, factor }) => {
  const [rows, n] = x!.shape as [number, number];
  if (!areFloats(x) || x!.shape.length !== 2 || n === 0) return null;
  const y = backend.output([rows, Math.floor(n / 2) + 1, 2], 'float32');
  const { plan, chirp } = fourierTables(backend, n % 2 === 0 ? n / 2 : n);
  const tables = [plan, chirp, halfRoots(backend, n)];
  backend.call('fourier_real', backend.address(x!), backend.address(y), rows, n, ...tables, Number(doubled), factor);
  return y;
});

const realInverseDft = kernel<kernels.RealInverseDftAttrs>(
  kernels.RealInverseDft.kernelName,
  (backend, { x }, { n, doubled, factor }) => {
    const [rows, bins, two] = x!.shape as [number, number, number];
    if (!areFloats(x) || x!.shape.length !== 3 || two !== 2 || n === 0 || bins !== Math.floor(n / 2) + 1) return null;
    const y = backend.output([rows, n], 'float32');
    const { plan, chirp } = fourierTables(backend, n % 2 === 0 ? n / 2 : n);
    const tables = [plan, chirp, halfRoots(backend, n)];
    const addresses = [backend.address(x!), backend.address(y)];
    backend.call('fourier_real_inverse', ...addresses, rows, n, ...tables, Number(doubled), factor);
    return y;
  },
);

const frames = kernel<kernels.FramesAttrs>(kernels.Frames.kernelName, (backend, { x }, { count, length, hop }) => {
  const [batch, size] = x!.shape as [number, number];
  if (!areFloats(x) || x!.shape.length !== 2 || (count - 1) * hop + length > size) return null;
  const y = backend.output([batch, count, length], 'float32');
  backend.call('frames', backend.address(x!), backend.address(y), batch, size, count, length, hop);
  return y;
});

const overlapAdd = kernel<kernels.OverlapAddAttrs>(kernels.OverlapAdd.kernelName, (backend, { x }, { size, hop }) => {
  const [batch, count, length] = x!.shape as [number, number, number];
  if (!areFloats(x) || x!.shape.length !== 3 || (count - 1) * hop + length > size) return null;
  const y = backend.output([batch, size], 'float32');
  backend.call('overlap_add', backend.address(x!), backend.address(y), batch, size, count, length, hop);
  return y;
});

export const fourierKernels: readonly NativeKernel[] = [
  complexTransform(tf.FFT, false),
  complexTransform(tf.IFFT, true),
  dft,
  realDft,
  realInverseDft,
  frames,
  overlapAdd,
];
