import * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { dense } from '../host/strided.js';
import { fitsOneEach, gpuKernel } from './gpu-kernel.js';
import { copyOnGpu, fillOnGpu } from './memory.js';

interface Reducer {
  readonly name: string;
  /** What two results are together: `a` and `b`, both of the type T. */
  readonly join: string;
  /** The result of nothing. */
  readonly identity: { readonly float: string; readonly int: string };
}

const sum: Reducer = { name: 'sum', join: 'a + b', identity: { float: '0.0', int: '0' } };
const product: Reducer = { name: 'product', join: 'a * b', identity: { float: '1.0', int: '1' } };
const max: Reducer = {
  name: 'max',
  join: 'larger(a, b)',
  identity: { float: '-infinity()', int: '-2147483647 - 1' },
};
const min: Reducer = { name: 'min', join: 'smaller(a, b)', identity: { float: 'infinity()', int: '2147483647' } };

/** NaN wins. */
const extremes = (type: string): string =>
  type === 'f32'
    ? `fn larger(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, is_nan(b)), a, is_nan(a)); }
fn smaller(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, is_nan(b)), a, is_nan(a)); }`
    : `fn larger(a: i32, b: i32) -> i32 { return max(a, b); }
fn smaller(a: i32, b: i32) -> i32 { return min(a, b); }`;

const threads = 64;
/** Elements of a row, or rows of a column, that are taken together before their results are. */
const block = 1024;

const opening = ({ join, identity }: Reducer, FLOAT: boolean): string => {
  const type = FLOAT ? 'f32' : 'i32';
  return `${join.includes('er(') ? extremes(type) : ''}
fn join(a: ${type}, b: ${type}) -> ${type} { return ${join}; }
fn nothing() -> ${type} { return ${FLOAT ? identity.float : identity.int}; }`;
};

type Flags = { FLOAT: boolean };

/** Rows as they lie in memory, of which a workgroup takes a block. */
const rowsShader = (reducer: Reducer): Shader<Flags> => ({
  name: `reduce-${reducer.name}-rows`,
  workgroup: threads,
  uniforms: { length: 'u32', block: 'u32', blocks: 'u32', divisor: 'f32' },
  code: ({ FLOAT }) => `${opening(reducer, FLOAT)}
var<workgroup> parts: array<${FLOAT ? 'f32' : 'i32'}, ${threads}>;
fn compute(group: vec3u, local: u32) {
  let first = group.x * uniforms.block;
  let end = min(first + uniforms.block, uniforms.length);
  let row = group.y * uniforms.length;
  var total = nothing();
  for (var i = first + local; i < end; i += ${threads}u) { total = join(total, x[row + i]); }
  parts[local] = total;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half) { parts[local] = join(parts[local], parts[local + half]); }
    workgroupBarrier();
  }
  if (local == 0u) { y[group.y * uniforms.blocks + group.x] = ${FLOAT ? 'parts[0] / uniforms.divisor' : 'parts[0]'}; }
}`,
});

/** Columns of [outer, length, inner], an invocation for a block of each; also short rows, whose inner is 1. */
const columnsShader = (reducer: Reducer): Shader<Flags> => ({
  name: `reduce-${reducer.name}-columns`,
  workgroup: threads,
  uniforms: { length: 'u32', block: 'u32', blocks: 'u32', inner: 'u32', count: 'u32', divisor: 'f32' },
  code: ({ FLOAT }) => `${opening(reducer, FLOAT)}
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.count) { return; }
  let column = i % uniforms.inner;
  let which = i / uniforms.inner;
  let first = which % uniforms.blocks * uniforms.block;
  let end = min(first + uniforms.block, uniforms.length);
  let start = which / uniforms.blocks * uniforms.length * uniforms.inner + column;
  var total = nothing();
  for (var row = first; row < end; row++) { total = join(total, x[start + row * uniforms.inner]); }
  y[i] = ${FLOAT ? 'total / uniforms.divisor' : 'total'};
}`,
});

interface Shaders {
  readonly rows: Shader<Flags>;
  readonly columns: Shader<Flags>;
}

/** Runs of neighbouring axes that are reduced, last first, as [outer, length, inner]. */
function runsOf(
  shape: readonly number[],
  axes: readonly number[],
): Array<[outer: number, length: number, inner: number]> {
  const sizes = [...shape];
  const runs: Array<[number, number, number]> = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) continue;
    let first = axis;
    while (first > 0 && axes.includes(first - 1)) first--;
    const size = (from: number, to: number): number => tf.util.sizeFromShape(sizes.slice(from, to));
    const run: [number, number, number] = [size(0, first), size(first, axis + 1), size(axis + 1, shape.length)];
    // an axis of one element needs no work
    if (run[1] !== 1) runs.push(run);
    sizes.fill(1, first, axis + 1);
    axis = first;
  }
  return runs;
}

/** Reduces [outer, length, inner] over its middle, in as many passes as a tree of blocks needs. */
function reduceMiddle(
  gpu: Gpu,
  { rows, columns }: Shaders,
  x: tf.TensorInfo,
  [outer, length, inner]: readonly [number, number, number],
  divisor: number,
  result: (size: number) => tf.TensorInfo,
): tf.TensorInfo {
  const byRows = inner === 1 && length > 16;
  const many = outer * inner >= 4096;
  // a column alone is long for one invocation
  const most = byRows ? block : many ? Math.max(256, Math.ceil(Math.sqrt(length))) : 32;
  const blocks = Math.max(1, Math.ceil(length / most));
  const y = blocks === 1 ? result(outer * inner) : gpu.scratch([outer * blocks * inner], x.dtype as 'float32');
  const shared = { inputs: { x }, outputs: { y }, constants: { FLOAT: x.dtype === 'float32' } };
  const uniforms = { length, block: most, blocks, divisor: blocks === 1 ? divisor : 1 };
  if (byRows) gpu.run(rows, { ...shared, uniforms, groups: [blocks, outer] });
  else {
    const count = outer * blocks * inner;
    gpu.run(columns, { ...shared, uniforms: { ...uniforms, inner, count }, groups: [Math.ceil(count / threads)] });
  }
  return blocks === 1 ? y : reduceMiddle(gpu, { rows, columns }, y, [outer, blocks, inner], divisor, result);
}

const shadersOf = (reducer: Reducer): Shaders => ({ rows: rowsShader(reducer), columns: columnsShader(reducer) });

const sums = shadersOf(sum);
const largest = shadersOf(max);
const smallest = shadersOf(min);

/** Adds up `blocks` tensors that lie one after the other in `parts`, into `y`. */
export function sumBlocks(gpu: Gpu, parts: tf.TensorInfo, y: tf.TensorInfo, blocks: number): void {
  reduceMiddle(gpu, sums, parts, [1, blocks, tf.util.sizeFromShape(y.shape)], 1, () => y);
}

interface ReduceAttrs {
  readonly axis?: number | number[];
  /** What TFJS calls the axes of Max. */
  readonly reductionIndices?: number | number[];
  readonly keepDims: boolean;
}

interface Options {
  /** Whether the sum is divided by the number of elements. */
  readonly mean?: boolean;
  /** Whether there is none of nothing: NaN, or 0 where there is no NaN. */
  readonly noneOfNothing?: boolean;
  /** What the result is of, from what the input is of. */
  readonly dtype: (of: tf.DataType) => 'float32' | 'int32' | 'bool';
}

function reduction(
  kernelName: string,
  shaders: Shaders,
  { mean = false, noneOfNothing = false, dtype }: Options,
): Composition {
  return gpuKernel<ReduceAttrs>(kernelName, ({ x: input }, { axis, reductionIndices, keepDims }, gpu) => {
    const x = input!;
    if (x.dtype === 'string' || x.dtype === 'complex64') return null;
    const axes = tf.util.parseAxisParam((axis ?? reductionIndices)!, x.shape);
    const kept = x.shape.map((size, at) => (axes.includes(at) ? 1 : size));
    const shape = keepDims ? kept : x.shape.filter((_, at) => !axes.includes(at));
    const type = dtype(x.dtype);
    const total = axes.reduce((n, at) => n * x.shape[at]!, 1);
    let info = x;
    if (total === 0 && noneOfNothing) {
      const none = gpu.allocate(shape, type);
      fillOnGpu(gpu, none, type === 'float32' ? NaN : 0);
      return none;
    }
    if (mean && x.dtype !== 'float32') {
      info = gpu.scratch(x.shape);
      copyOnGpu(gpu, x.shape, x, dense(x.shape), info, dense(x.shape));
    }
    const runs = runsOf(x.shape, axes);
    if (runs.length === 0) return gpu.share(info, shape, type);
    runs.forEach((run, i) => {
      const last = i === runs.length - 1;
      info = reduceMiddle(gpu, shaders, info, run, last && mean ? total : 1, (size) =>
        last ? gpu.allocate(shape, type) : gpu.scratch([size], type),
      );
    });
    return info;
  });
}

const same = (of: tf.DataType): 'float32' | 'int32' | 'bool' => of as 'float32';
const number = (of: tf.DataType): 'float32' | 'int32' => (of === 'float32' ? 'float32' : 'int32');

/** ALONE: an invocation for each line, not a workgroup. */
type Running = Flags & { LARGEST: boolean; ALONE: boolean };

/** The place of the first extreme along the middle of [outer, length, inner]; TFJS's on cpu pass over NaN, but for the first. */
const argShader: Shader<Running> = {
  name: 'arg-extreme',
  workgroup: threads,
  uniforms: { length: 'u32', inner: 'u32', count: 'u32' },
  code: ({ FLOAT, LARGEST, ALONE }) => `
var<workgroup> values: array<${FLOAT ? 'f32' : 'i32'}, ${threads}>;
var<workgroup> places: array<u32, ${threads}>;
fn better(a: ${FLOAT ? 'f32' : 'i32'}, at_a: u32, b: ${FLOAT ? 'f32' : 'i32'}, at_b: u32) -> bool {
  ${FLOAT ? 'if (is_nan(b)) { return at_b != 0u && (!is_nan(a) || at_a < at_b); }' : ''}
  ${FLOAT ? 'if (is_nan(a)) { return at_a == 0u; }' : ''}
  return a ${LARGEST ? '>' : '<'} b || (a == b && at_a < at_b);
}
fn compute(group: vec3u, local: u32) {
  let line = ${ALONE ? `group.x * ${threads}u + local` : 'group.x'};
  ${ALONE ? 'if (line >= uniforms.count) { return; }' : ''}
  let start = line / uniforms.inner * uniforms.length * uniforms.inner + line % uniforms.inner;
  var place = ${ALONE ? '0u' : 'min(local, uniforms.length - 1u)'};
  var value = x[start + place * uniforms.inner];
  for (var i = place + ${ALONE ? 1 : threads}u; i < uniforms.length; i += ${ALONE ? 1 : threads}u) {
    let other = x[start + i * uniforms.inner];
    if (better(other, i, value, place)) { value = other; place = i; }
  }
  ${ALONE ? 'y[line] = i32(place);' : betterOfGroup}
}`,
};

const betterOfGroup = `values[local] = value;
  places[local] = place;
  workgroupBarrier();
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    if (local < half && better(values[local + half], places[local + half], values[local], places[local])) {
      values[local] = values[local + half];
      places[local] = places[local + half];
    }
    workgroupBarrier();
  }
  if (local == 0u) { y[line] = i32(places[0]); }`;

function argExtreme(kernelName: string, largest: boolean): Composition {
  return gpuKernel<{ axis: number }>(kernelName, ({ x }, { axis }, gpu) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const length = x!.shape[at]!;
    const inner = tf.util.sizeFromShape(x!.shape.slice(at + 1));
    const y = gpu.allocate(
      x!.shape.filter((_, i) => i !== at),
      'int32',
    );
    const rows = tf.util.sizeFromShape(y.shape);
    if (length === 0) fillOnGpu(gpu, y, 0);
    const alone = fitsOneEach(rows, length);
    gpu.run(argShader, {
      inputs: { x: x! },
      outputs: { y },
      uniforms: { length, inner, count: rows },
      constants: { FLOAT: x!.dtype === 'float32', LARGEST: largest, ALONE: alone },
      groups: [length === 0 ? 0 : alone ? Math.ceil(rows / threads) : rows],
    });
    return y;
  });
}

/** TFJS's transpose first, by shaders that do not compile for every type, forget NaN and know no empty tensors. */
export const reductionsOnGpu: readonly Composition[] = [
  reduction(tf.Sum, sums, { dtype: number }),
  reduction(tf.Mean, sums, { mean: true, dtype: () => 'float32' }),
  reduction(tf.Prod, shadersOf(product), { dtype: number }),
  reduction(tf.Max, largest, { noneOfNothing: true, dtype: same }),
  reduction(tf.Min, smallest, { noneOfNothing: true, dtype: same }),
  reduction(tf.All, smallest, { noneOfNothing: true, dtype: same }),
  reduction(tf.Any, largest, { noneOfNothing: true, dtype: same }),
  argExtreme(tf.ArgMax, true),
  argExtreme(tf.ArgMin, false),
];
