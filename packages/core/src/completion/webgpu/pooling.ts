import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { pool2d, pool3d, type Pool } from '../host/pooling.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';

const axes = ['depth', 'height', 'width'] as const;

/** The numbers of a {@link Pool} as uniforms. */
const fields = {
  count: 'u32',
  channels: 'i32',
  ...Object.fromEntries(
    axes.flatMap((axis) =>
      ['input', 'output', 'size', 'stride', 'before'].map((name) => [`${axis}_${name}`, 'i32'] as const),
    ),
  ),
} as const;

function uniformsOf(pool: Pool, count: number): Record<string, number> {
  return {
    count,
    channels: pool.channels,
    ...Object.fromEntries(
      axes.flatMap((axis, i) => Object.entries(pool.axes[i]!).map(([name, value]) => [`${axis}_${name}`, value])),
    ),
  };
}

/** Places of `i` in a tensor [batch, depth, height, width, channels] with the sizes of `side`. */
const placeOf = (side: 'input' | 'output'): string => `
  var rest = i32(i);
  let c = rest % uniforms.channels; rest /= uniforms.channels;
  let w = rest % uniforms.width_${side}; rest /= uniforms.width_${side};
  let h = rest % uniforms.height_${side}; rest /= uniforms.height_${side};
  let d = rest % uniforms.depth_${side};
  let n = rest / uniforms.depth_${side};`;

/** The bounds of the window of an output along an axis, as far as it lies in the input. */
const windowOf = (axis: string, at: string): string => `
  let ${at}_first = max(0, ${at} * uniforms.${axis}_stride - uniforms.${axis}_before);
  let ${at}_end = min(uniforms.${axis}_input, ${at} * uniforms.${axis}_stride - uniforms.${axis}_before + uniforms.${axis}_size);`;

/** The outputs along an axis whose windows hold an input. */
const outputsOf = (axis: string, at: string): string => `
  let ${at}_first = (max(0, ${at} + uniforms.${axis}_before - uniforms.${axis}_size + 1) + uniforms.${axis}_stride - 1) / uniforms.${axis}_stride;
  let ${at}_end = min(uniforms.${axis}_output, (${at} + uniforms.${axis}_before) / uniforms.${axis}_stride + 1);`;

const indexOf = (side: 'input' | 'output', d: string, h: string, w: string): string =>
  `((((n * uniforms.depth_${side} + ${d}) * uniforms.height_${side} + ${h}) * uniforms.width_${side} + ${w}) * uniforms.channels + c)`;

/** The first largest element of each window, and where it lies among `numbered` of the input; NaN wins. */
const maxima: Shader = {
  name: 'pool-maxima',
  workgroup: threads,
  uniforms: { ...fields, numbered: 'i32' },
  code: forEach(`${placeOf('output')}
  ${windowOf('depth', 'd')}
  ${windowOf('height', 'h')}
  ${windowOf('width', 'w')}
  var best = ${indexOf('input', 'd_first', 'h_first', 'w_first')};
  var most = x[best];
  for (var p = d_first; p < d_end; p++) {
    for (var q = h_first; q < h_end; q++) {
      for (var r = w_first; r < w_end; r++) {
        let at = ${indexOf('input', 'p', 'q', 'r')};
        let value = x[at];
        if (!is_nan(most) && (value > most || is_nan(value))) { most = value; best = at; }
      }
    }
  }
  y[i] = most;
  places[i] = best % uniforms.numbered;`),
};

/** What an input gets from the windows that hold it: of those whose maximum it is, or its share of each. */
const gradient = (name: string, share: string): Shader => ({
  name,
  workgroup: threads,
  uniforms: fields,
  code: forEach(
    `${placeOf('input')}
  ${outputsOf('depth', 'd')}
  ${outputsOf('height', 'h')}
  ${outputsOf('width', 'w')}
  var sum = 0.0;
  for (var p = d_first; p < d_end; p++) {
    for (var q = h_first; q < h_end; q++) {
      for (var r = w_first; r < w_end; r++) {
        let at = ${indexOf('output', 'p', 'q', 'r')};
        ${share}
      }
    }
  }
  dx[i] = sum;`,
    `
fn length_of(at: i32, stride: i32, before: i32, size: i32, input: i32) -> i32 {
  return min(input, at * stride - before + size) - max(0, at * stride - before);
}`,
  ),
});

const lengthOf = (axis: string, at: string): string =>
  `length_of(${at}, uniforms.${axis}_stride, uniforms.${axis}_before, uniforms.${axis}_size, uniforms.${axis}_input)`;

const maxGradient = gradient('pool-max-gradient', 'if (places[at] == i32(i)) { sum += dy[at]; }');
const averageGradient = gradient(
  'pool-average-gradient',
  `sum += dy[at] / f32(${lengthOf('depth', 'p')} * ${lengthOf('height', 'q')} * ${lengthOf('width', 'r')});`,
);

type PoolOf<Attributes> = (shape: number[], attrs: Attributes) => Pool;

function outputShape({ batch, channels, axes: [depth, height, width] }: Pool, rank: number): number[] {
  return [batch, ...(rank === 5 ? [depth.output] : []), height.output, width.output, channels];
}

/** Maxima and their places, of which either may be scratch memory. */
function findMaxima(
  gpu: Gpu,
  x: tf.TensorInfo,
  pool: Pool,
  y: tf.TensorInfo,
  places: tf.TensorInfo,
  numbered = tf.util.sizeFromShape(x.shape),
): void {
  const count = tf.util.sizeFromShape(y.shape);
  gpu.run(maxima, {
    inputs: { x },
    outputs: { y, places },
    uniforms: { ...uniformsOf(pool, count), numbered },
    groups: groupsFor(count),
  });
}

function max<Attributes extends object>(kernelName: string, poolOf: PoolOf<Attributes>): Composition {
  return gpuKernel<Attributes>(kernelName, ({ x }, attrs, gpu) => {
    const pool = poolOf(x!.shape, attrs);
    const shape = outputShape(pool, x!.shape.length);
    const y = gpu.allocate(shape);
    findMaxima(gpu, x!, pool, y, gpu.scratch(shape, 'int32'));
    return y;
  });
}

function maxBack<Attributes extends object>(kernelName: string, poolOf: PoolOf<Attributes>): Composition {
  return gpuKernel<Attributes>(kernelName, ({ dy, input }, attrs, gpu) => {
    const pool = poolOf(input!.shape, attrs);
    const shape = outputShape(pool, input!.shape.length);
    const [dx, places] = [gpu.allocate(input!.shape), gpu.scratch(shape, 'int32')];
    findMaxima(gpu, input!, pool, gpu.scratch(shape), places);
    const count = tf.util.sizeFromShape(input!.shape);
    gpu.run(maxGradient, {
      inputs: { dy: dy!, places },
      outputs: { dx },
      uniforms: uniformsOf(pool, count),
      groups: groupsFor(count),
    });
    return dx;
  });
}

function averageBack<Attributes extends object>(kernelName: string, poolOf: PoolOf<Attributes>): Composition {
  return gpuKernel<Attributes>(kernelName, ({ dy, input }, attrs, gpu) => {
    const dx = gpu.allocate(input!.shape);
    const count = tf.util.sizeFromShape(input!.shape);
    gpu.run(averageGradient, {
      inputs: { dy: dy! },
      outputs: { dx },
      uniforms: uniformsOf(poolOf(input!.shape, attrs), count),
      groups: groupsFor(count),
    });
    return dx;
  });
}

const maxWithPlaces = gpuKernel<tf.MaxPoolWithArgmaxAttrs>(
  tf.MaxPoolWithArgmax,
  ({ x }, { includeBatchInIndex, ...attrs }, gpu) => {
    const pool = pool2d(x!.shape, attrs);
    const shape = outputShape(pool, x!.shape.length);
    const [y, places] = [gpu.allocate(shape), gpu.allocate(shape, 'int32')];
    const pictures = includeBatchInIndex ? 1 : pool.batch;
    findMaxima(gpu, x!, pool, y, places, tf.util.sizeFromShape(x!.shape) / Math.max(1, pictures));
    return [y, places];
  },
);

/** TFJS's forget NaN, mix up gradients of windows that overlap or lie on the edge, and ties. */
export const poolingOnGpu: readonly Composition[] = [
  max<tf.MaxPoolAttrs>(tf.MaxPool, pool2d),
  max<tf.MaxPool3DAttrs>(tf.MaxPool3D, pool3d),
  maxWithPlaces,
  maxBack<tf.MaxPoolGradAttrs>(tf.MaxPoolGrad, pool2d),
  maxBack<tf.MaxPool3DGradAttrs>(tf.MaxPool3DGrad, pool3d),
  averageBack<tf.AvgPoolGradAttrs>(tf.AvgPoolGrad, pool2d),
  averageBack<tf.AvgPool3DGradAttrs>(tf.AvgPool3DGrad, pool3d),
];
