import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type NativeKernel } from '../kernel.js';
import { isNumeric, type NumericType } from '../memory/native-data.js';
import { filled } from './fill.js';
import { cast } from './unary.js';

type Shape = readonly number[];

/** A run of neighbouring axes as the middle of [outer, length, inner]. */
interface Run {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** What reducing `axes` of `shape` takes: one pass for each run of neighbouring axes, from the last. */
function plan(shape: Shape, axes: readonly number[], keepDims: boolean): { runs: Run[]; shape: number[] } {
  const reduced = shape.map(() => false);
  for (const axis of axes) reduced[axis] = true;
  const runs: Run[] = [];
  let inner = 1;
  for (let axis = shape.length - 1; axis >= 0;) {
    if (!reduced[axis] && shape[axis] !== 1) {
      inner *= shape[axis--]!;
      continue;
    }
    let length = 1;
    // axes of one element belong to either side
    for (; axis >= 0 && (reduced[axis] || shape[axis] === 1); axis--) length *= shape[axis]!;
    if (length === 1) continue;
    let outer = 1;
    for (let i = 0; i <= axis; i++) outer *= shape[i]!;
    runs.push({ outer, length, inner });
  }
  return {
    runs,
    shape: keepDims ? shape.map((size, axis) => (reduced[axis] ? 1 : size)) : shape.filter((_, axis) => !reduced[axis]),
  };
}

interface ReduceAttrs {
  readonly axis?: number | number[];
  /** What TFJS calls `axis` for Max. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

interface Reduction {
  /** The C++ kernel for each dtype, and the dtype of its result. */
  readonly passes: Readonly<Partial<Record<NumericType, readonly [name: string, result: NumericType]>>>;
  /** What there is of no elements. */
  readonly empty: number;
  readonly mean?: boolean;
}

function reduce(backend: NativeBackend, x: tf.TensorInfo, attrs: ReduceAttrs, how: Reduction): tf.TensorInfo | null {
  if (!isNumeric(x.dtype) || how.passes[x.dtype] === undefined) return null;
  const axes = tf.util.parseAxisParam((attrs.reductionIndices ?? attrs.axis)!, x.shape);
  const { runs, shape } = plan(x.shape, axes, attrs.keepDims ?? false);
  const dtype = how.passes[x.dtype]![1];
  if (x.shape.includes(0)) return filled(backend, shape, dtype, how.empty);
  const count = runs.reduce((n, { length }) => n * length, 1);
  // a pass over one element does nothing, or converts
  if (runs.length === 0) {
    const same = cast(backend, x, dtype);
    return { ...same, shape };
  }
  let from: tf.TensorInfo = x;
  runs.forEach(({ outer, length, inner }, i) => {
    const [name, result] = how.passes[from.dtype as NumericType]!;
    const last = i === runs.length - 1;
    const to = backend.output(last ? shape : [outer, inner], result);
    backend.call(name, backend.address(to), backend.address(from), outer, length, inner, how.mean && last ? count : 1);
    if (from !== x) backend.disposeIntermediateTensorInfo(from);
    from = to;
  });
  return from;
}

function reduction(kernelName: string, how: Reduction): NativeKernel {
  return kernel<ReduceAttrs>(kernelName, (backend, { x }, attrs) => reduce(backend, x!, attrs, how));
}

const mean: Reduction = { passes: { float32: ['sum_f32', 'float32'] }, empty: NaN, mean: true };

const meanKernel = kernel<ReduceAttrs>(tf.Mean, (backend, { x }, attrs) => {
  if (!isNumeric(x!.dtype)) return null;
  const float = cast(backend, x!, 'float32');
  const out = reduce(backend, float, attrs, mean);
  backend.disposeIntermediateTensorInfo(float);
  return out;
});

/** An extreme keeps the dtype. Of no elements it is NaN, and 0 where there is no NaN. */
function extreme(kernelName: string, name: string): NativeKernel {
  const passes = {
    float32: [`${name}_f32`, 'float32'],
    int32: [`${name}_i32`, 'int32'],
    bool: [`${name}_bool`, 'bool'],
  } as const;
  return kernel<ReduceAttrs>(kernelName, (backend, { x }, attrs) =>
    reduce(backend, x!, attrs, { passes, empty: x!.dtype === 'float32' ? NaN : 0 }),
  );
}

export const reductionKernels: readonly NativeKernel[] = [
  reduction(tf.Sum, {
    passes: { float32: ['sum_f32', 'float32'], int32: ['sum_i32', 'int32'], bool: ['sum_bool', 'int32'] },
    empty: 0,
  }),
  reduction(tf.Prod, {
    passes: { float32: ['prod_f32', 'float32'], int32: ['prod_i32', 'int32'], bool: ['prod_bool', 'int32'] },
    empty: 1,
  }),
  meanKernel,
  extreme(tf.Max, 'max'),
  extreme(tf.Min, 'min'),
  reduction(tf.All, { passes: { bool: ['min_bool', 'bool'] }, empty: 0 }),
  reduction(tf.Any, { passes: { bool: ['max_bool', 'bool'] }, empty: 0 }),
];
