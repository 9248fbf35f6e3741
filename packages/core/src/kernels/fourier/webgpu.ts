import type { TensorInfo } from '@tensorflow/tfjs-core';
import { webgpuKernel, type Gpu } from '../../webgpu/kernel.js';
import { radicesOf, rootsOfUnity } from './radices.js';
import { after, before, between, room, threads, within, type Form } from './shaders.js';
import { Dft, RealDft, RealInverseDft } from './spec.js';

/** The longest sum of a pass: larger prime factors are left to the reference, which makes a convolution of them. */
const longestSum = 2048;
/** In a workgroup's memory short sums are quickest, over the whole memory few passes. */
const [shortRadix, longRadix] = [4, 16];

interface Plan {
  readonly rows: number;
  readonly n: number;
  readonly sign: number;
  readonly factor: number;
  readonly twice: number;
  readonly form: Form;
}

function transformed(gpu: Gpu, x: TensorInfo, shape: number[], plan: Plan): TensorInfo | null {
  const { rows, n, sign, factor, twice, form } = plan;
  const length = form.PACKED ? n / 2 : n;
  const fits = length <= room;
  const radices = radicesOf(length, fits ? shortRadix : longRadix);
  if (Math.max(1, ...radices) > longestSum) return null;
  const roots = gpu.upload(rootsOfUnity(n));
  const uniforms = { n, length, rows, sign, factor, twice };
  const y = gpu.allocate(shape);
  if (fits) {
    const rowsAtOnce = Math.floor(room / length);
    gpu.run(within, {
      inputs: { x, roots, radices: gpu.upload(Int32Array.from([...radices, 1])) },
      outputs: { y },
      uniforms: { ...uniforms, rows_at_once: rowsAtOnce, passes: radices.length },
      constants: form,
      groups: [Math.ceil(rows / rowsAtOnce)],
    });
    return y;
  }
  const groups: [number] = [Math.ceil((rows * length) / threads)];
  let [current, next] = [gpu.scratch([rows, length, 2]), gpu.scratch([rows, length, 2])];
  gpu.run(before, { inputs: { x, roots }, outputs: { y: current }, uniforms, constants: form, groups });
  let done = 1;
  for (const radix of radices) {
    const inputs = { x: current, roots };
    gpu.run(between, { inputs, outputs: { y: next }, uniforms: { ...uniforms, done, radix }, groups });
    done *= radix;
    [current, next] = [next, current];
  }
  // a row's result has one number more than its transform where that is packed
  const all: [number] = [Math.ceil((rows * (length + 1)) / threads)];
  gpu.run(after, { inputs: { x: current, roots }, outputs: { y }, uniforms, constants: form, groups: all });
  return y;
}

export const dftOnGpu = webgpuKernel(Dft, ({ x }, { sign, factor }, gpu) => {
  const [rows, n] = x.shape as [number, number];
  const form = { REAL: false, INVERSE: false, PACKED: false };
  return transformed(gpu, x, x.shape, { rows, n, sign, factor, twice: 1, form });
});

export const realDftOnGpu = webgpuKernel(RealDft, ({ x }, { doubled, factor }, gpu) => {
  const [rows, n] = x.shape as [number, number];
  const form = { REAL: true, INVERSE: false, PACKED: n % 2 === 0 };
  const shape = [rows, Math.floor(n / 2) + 1, 2];
  return transformed(gpu, x, shape, { rows, n, sign: -1, factor, twice: doubled ? 2 : 1, form });
});

export const realInverseDftOnGpu = webgpuKernel(RealInverseDft, ({ x }, { n, doubled, factor }, gpu) => {
  const rows = x.shape[0]!;
  const form = { REAL: true, INVERSE: true, PACKED: n % 2 === 0 };
  return transformed(gpu, x, [rows, n], { rows, n, sign: 1, factor, twice: doubled ? 2 : 1, form });
});
