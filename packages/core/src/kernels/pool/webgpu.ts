import { product } from '../../functional/axes/permute.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { divisors, maxima, maximaGradient, means, meansGradient, threads } from './shaders.js';
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

/** An invocation for each element of `shape`. */
function over(shape: readonly number[], windows: readonly PoolWindows[]) {
  const total = product(shape);
  return {
    uniforms: { ...windowValues(threeAxes(windows)), channels: shape.at(-1)!, total },
    groups: [Math.ceil(total / threads)] as [number],
  };
}

export const maxPoolOnGpu = webgpuKernel(MaxPool, ({ x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const y = gpu.allocate(pooled(x.shape, windows));
  gpu.run(maxima, { inputs: { x }, outputs: { y }, ...over(y.shape, windows), constants: { PLACES: false } });
  return y;
});

export const maxPoolPlacesOnGpu = webgpuKernel(MaxPoolPlaces, ({ x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const y = gpu.allocate(pooled(x.shape, windows), 'int32');
  gpu.run(maxima, { inputs: { x }, outputs: { y }, ...over(y.shape, windows), constants: { PLACES: true } });
  return y;
});

export const maxPoolGradientOnGpu = webgpuKernel(MaxPoolGradient, ({ dy, x }, { windows }, gpu) => {
  if (!isCountable(windows)) return null;
  const [places, dx] = [gpu.scratch(dy.shape, 'int32'), gpu.allocate(x.shape)];
  const constants = { PLACES: true };
  gpu.run(maxima, { inputs: { x }, outputs: { y: places }, ...over(dy.shape, windows), constants });
  gpu.run(maximaGradient, { inputs: { dy, places }, outputs: { dx }, ...over(dx.shape, windows) });
  return dx;
});

const weights = ({ divisor, factor }: AveragePoolAttrs) => ({ divisor: divisors[divisor], factor });

export const averagePoolOnGpu = webgpuKernel(AveragePool, ({ x }, attrs, gpu) => {
  if (!isCountable(attrs.windows)) return null;
  const y = gpu.allocate(pooled(x.shape, attrs.windows));
  const { uniforms, groups } = over(y.shape, attrs.windows);
  gpu.run(means, { inputs: { x }, outputs: { y }, uniforms: { ...uniforms, ...weights(attrs) }, groups });
  return y;
});

export const averagePoolGradientOnGpu = webgpuKernel(AveragePoolGradient, ({ dy }, attrs, gpu) => {
  if (!isCountable(attrs.windows)) return null;
  const dx = gpu.allocate(whole(dy.shape, attrs.windows));
  const { uniforms, groups } = over(dx.shape, attrs.windows);
  gpu.run(meansGradient, { inputs: { dy }, outputs: { dx }, uniforms: { ...uniforms, ...weights(attrs) }, groups });
  return dx;
});
