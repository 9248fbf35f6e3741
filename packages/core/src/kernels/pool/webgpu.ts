import { product } from '../../functional/axes/permute.js';
import { runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { divisors, maxima, maximaGradient, means, meansGradient } from './shaders.js';
import {
  AveragePool,
  AveragePoolGradient,
  MaxPool,
  MaxPoolGradient,
  MaxPoolPlaces,
  type AveragePoolAttrs,
  type PoolWindows,
} from './spec.js';
import { isCountable, threeAxes, windowValues } from './windows-wgsl.js';

const pooled = (shape: readonly number[], windows: readonly PoolWindows[]): number[] => [
  shape[0]!,
  ...windows.map(({ output }) => output),
  shape.at(-1)!,
];

const whole = (shape: readonly number[], windows: readonly PoolWindows[]): number[] => [
  shape[0]!,
  ...windows.map(({ input }) => input),
  shape.at(-1)!,
];

const uniformsOf = (windows: readonly PoolWindows[], channels: number): Record<string, number> => ({
  ...windowValues(threeAxes(windows)),
  channels,
});

export const maxPoolOnGpu = webgpuKernel(MaxPool, ({ x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const y = gpu.allocate(pooled(x.shape, windows));
  runElementwise(gpu, maxima, product(y.shape), {
    inputs: { x },
    outputs: { y },
    uniforms: uniformsOf(windows, x.shape.at(-1)!),
    constants: { PLACES: false },
  });
  return y;
});

export const maxPoolPlacesOnGpu = webgpuKernel(MaxPoolPlaces, ({ x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const y = gpu.allocate(pooled(x.shape, windows), 'int32');
  runElementwise(gpu, maxima, product(y.shape), {
    inputs: { x },
    outputs: { y },
    uniforms: uniformsOf(windows, x.shape.at(-1)!),
    constants: { PLACES: true },
  });
  return y;
});

export const maxPoolGradientOnGpu = webgpuKernel(MaxPoolGradient, ({ dy, x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const [places, dx] = [gpu.scratch(dy.shape, 'int32'), gpu.allocate(x.shape)];
  const constants = { PLACES: true };
  runElementwise(gpu, maxima, product(dy.shape), {
    inputs: { x },
    outputs: { y: places },
    uniforms: uniformsOf(windows, x.shape.at(-1)!),
    constants,
  });
  runElementwise(gpu, maximaGradient, product(dx.shape), {
    inputs: { dy, places },
    outputs: { dx },
    uniforms: uniformsOf(windows, x.shape.at(-1)!),
  });
  return dx;
});

const weights = ({ divisor, factor }: AveragePoolAttrs) => ({ divisor: divisors[divisor], factor });

export const averagePoolOnGpu = webgpuKernel(AveragePool, ({ x }, attrs, gpu) => {
  if (!isCountable(attrs.windows)) return null;
  const y = gpu.allocate(pooled(x.shape, attrs.windows));
  const uniforms = { ...uniformsOf(attrs.windows, y.shape.at(-1)!), ...weights(attrs) };
  runElementwise(gpu, means, product(y.shape), { inputs: { x }, outputs: { y }, uniforms });
  return y;
});

export const averagePoolGradientOnGpu = webgpuKernel(AveragePoolGradient, ({ dy }, attrs, gpu) => {
  if (!isCountable(attrs.windows)) return null;
  const dx = gpu.allocate(whole(dy.shape, attrs.windows));
  const uniforms = { ...uniformsOf(attrs.windows, dx.shape.at(-1)!), ...weights(attrs) };
  runElementwise(gpu, meansGradient, product(dx.shape), { inputs: { dy }, outputs: { dx }, uniforms });
  return dx;
});
