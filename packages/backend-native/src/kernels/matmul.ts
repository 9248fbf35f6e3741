import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { activationKernels, activations, finishInPasses, isRow } from '../finish.js';
import { areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

const batchAxes = 6;

interface Sizes {
  readonly outer: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Size, and distance between matrices of a and of b, for each axis of the batch. */
  readonly batch: readonly number[];
}

/** @throws InvalidArgumentError when the shapes do not fit. */
function sizesOf(a: tf.TensorInfo, b: tf.TensorInfo, transposeA: boolean, transposeB: boolean): Sizes {
  const wrong = (): InvalidArgumentError =>
    new InvalidArgumentError(
      `matMul: shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] with transposeA ${transposeA}, transposeB ${transposeB} do not fit`,
    );
  if (a.shape.length < 2 || b.shape.length < 2) throw wrong();
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [n, inner] = transposeB ? [rowsB, columnsB] : [columnsB, rowsB];
  if (k !== inner) throw wrong();
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(outerA.length, outerB.length);
  const outer: number[] = [];
  const axes: Array<[size: number, strideA: number, strideB: number]> = [];
  let [strideA, strideB] = [m * k, k * n];
  for (let i = 1; i <= rank; i++) {
    const [sizeA, sizeB] = [outerA.at(-i) ?? 1, outerB.at(-i) ?? 1];
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) throw wrong();
    const size = sizeA === 1 ? sizeB : sizeA;
    outer.unshift(size);
    if (size !== 1) axes.unshift([size, sizeA === 1 ? 0 : strideA, sizeB === 1 ? 0 : strideB]);
    strideA *= sizeA;
    strideB *= sizeB;
  }
  return { outer, m, n, k, batch: merged(axes).flat() };
}

/** Axes of which the inner one goes on where the outer one's step ends, as one. */
function merged(axes: ReadonlyArray<[number, number, number]>): Array<[number, number, number]> {
  const out: Array<[number, number, number]> = [];
  for (const [size, strideA, strideB] of axes) {
    const last = out.at(-1);
    if (last !== undefined && last[1] === size * strideA && last[2] === size * strideB) {
      out[out.length - 1] = [last[0] * size, strideA, strideB];
    } else out.push([size, strideA, strideB]);
  }
  return out;
}

/** What follows a product: see the kernel `matmul` in C++. */
type Finish = readonly [bias: number, activation: number, slope: number, slopes: number];
const nothing: Finish = [0, 0, 0, 0];

/** The product of matrices or batches of them; null for other dtypes than float32 and int32. */
export function product(
  backend: NativeBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
  finish: Finish = nothing,
): tf.TensorInfo | null {
  const { outer, m, n, k, batch } = sizesOf(a, b, transposeA, transposeB);
  const dtype = a.dtype;
  if (a.dtype !== b.dtype || (dtype !== 'float32' && dtype !== 'int32') || batch.length > 3 * batchAxes) return null;
  const out = backend.output([...outer, m, n], dtype);
  const [left, right, to] = [backend.address(a), backend.address(b), backend.address(out)];
  const [turnA, turnB] = [transposeA ? 1 : 0, transposeB ? 1 : 0];
  let [rows, axes] = [m, batch];
  // one right matrix for all: a single tall product
  if (!transposeA && batch.length === 3 && batch[1] === m * k && batch[2] === 0) [rows, axes] = [m * batch[0]!, []];
  const last = [axes.length / 3, ...axes];
  if (dtype === 'int32') backend.call('matmul_int32', left, right, to, rows, n, k, turnA, turnB, ...last);
  else backend.call('matmul', left, right, to, rows, n, k, turnA, turnB, ...finish, ...last);
  return out;
}

/** Bias and activation in passes of their own, for forms that the product's kernel does not do. */
function inPasses(
  backend: NativeBackend,
  inputs: Inputs,
  attrs: tf._FusedMatMulAttrs,
  activationKernel: string | null,
): tf.TensorInfo | null {
  const y = product(backend, inputs['a']!, inputs['b']!, attrs);
  return y && finishInPasses(backend, y, inputs, attrs, activationKernel);
}

export const matmulKernels: readonly NativeKernel[] = [
  kernel<tf.BatchMatMulAttrs>(tf.BatchMatMul, (backend, { a, b }, attrs) => product(backend, a!, b!, attrs)),
  kernel<tf._FusedMatMulAttrs>(tf._FusedMatMul, (backend, inputs, attrs) => {
    const { a, b, bias, preluActivationWeights: slopes } = inputs;
    if (!areFloats(a, b, bias, slopes)) return null;
    const activation = attrs.activation ?? 'linear';
    const code = activations[activation];
    const n = b!.shape.at(attrs.transposeB ? -2 : -1)!;
    const fused =
      code !== undefined && (bias == null || isRow(bias, n)) && (activation !== 'prelu' || isRow(slopes!, n));
    if (fused) {
      return product(backend, a!, b!, attrs, [
        bias == null ? 0 : backend.address(bias),
        code,
        attrs.leakyreluAlpha ?? 0,
        activation === 'prelu' ? backend.address(slopes!) : 0,
      ]);
    }
    const after = activation === 'linear' ? null : activationKernels[activation];
    return after === undefined ? null : inPasses(backend, inputs, attrs, after);
  }),
];
