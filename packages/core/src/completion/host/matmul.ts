import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { Composition, Inputs, Original } from '../composition.js';
import { hostKernel, wasmHost, type HostKernel, type Values } from './host.js';
import { addTransposedProduct } from '../simd/filter-gradient.js';
import { addressOf, simdKernels, type SimdKernels } from '../simd/index.js';

type Matrix = tf.Tensor2D;

/**
 * Products with fewer multiplications than this go to TFJS's loop, which costs nothing to set up.
 */
const worthwhile = 1 << 15;

/** The shape with which XNNPACK has packed a right operand: TFJS finds the packed copy by the data alone. */
const packed = new WeakMap<object, string>();

const swapped = (rank: number): number[] => [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];

/** Whether TFJS finds the right matrix: it repeats the shorter list of matrices over and over. */
function repeatsWhole(sizes: readonly number[], outer: readonly number[]): boolean {
  const first = sizes.findIndex((size) => size !== 1);
  if (first < 0) return true;
  const own = sizes.slice(first);
  return own.every((size, i) => size === outer[outer.length - own.length + i]);
}

function outerShape(a: tf.Tensor, b: tf.Tensor): number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
}

/** Products whose batches TFJS would mispair, by repeating the operands first; other products are TFJS's own. */
function paired(inputs: Inputs, attrs: object, original: Original): tf.TensorInfo | tf.TensorInfo[] {
  const [a, b] = [inputs.a!, inputs.b!];
  const outer = outerShape(a, b);
  if ([a, b].every(({ shape }) => repeatsWhole(shape.slice(0, -2), outer))) return original(inputs, attrs);
  return scope(() => {
    const expand = (x: tf.Tensor): tf.Tensor => tf.broadcastTo(x, [...outer, ...x.shape.slice(-2)]);
    const inner = { a: expand(a), b: expand(b) };
    return tf.engine().runKernel(tf.BatchMatMul, inner, attrs as tf.NamedAttrMap) as tf.Tensor;
  });
}

/**
 * Matrix products on wasm. TFJS hands only [m, k] × [k, n] to XNNPACK; transposed and batched products run in a scalar
 * loop that is 10 to 20 times slower. So transposes are made first and batches are taken one by one.
 */
export const wasmMatmulKernel: Composition = {
  kernelName: tf.BatchMatMul,
  because: 'wrong',
  run(inputs, attrs, backend, original) {
    const { transposeA, transposeB } = attrs as tf.BatchMatMulAttrs;
    const [a, b] = [inputs.a!, inputs.b!];
    const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
    const batch = [a, b].some(({ shape }) => shape.slice(0, -2).some((size) => size !== 1));
    const plain = { transposeA: false, transposeB: false };
    // TFJS leaves what was in memory before
    if (k === 0) return tf.zeros([...outerShape(a, b), m, n]);
    if (!transposeA && !transposeB && !batch) {
      const shape = `${k}x${n}`;
      const before = packed.get(b.dataId);
      packed.set(b.dataId, before ?? shape);
      if (before === undefined || before === shape) return original(inputs, attrs);
      return scope(() => tf.engine().runKernel(tf.BatchMatMul, { a, b: tf.add(b, 0) }, plain) as tf.Tensor);
    }
    if (m * k * n < worthwhile) return paired(inputs, attrs, original);
    const simd = transposeA && !transposeB ? simdKernels(backend) : null;
    if (simd !== null) return leftTransposed(a, b, k, m, n, backend, simd);
    return scope(() => {
      const left = transposeA ? tf.transpose(a, swapped(a.rank)) : a;
      const right = transposeB ? tf.transpose(b, swapped(b.rank)) : b;
      if (batch) return eachBatch(left, right, m, k, n);
      return tf.engine().runKernel(tf.BatchMatMul, { a: left, b: right }, plain) as tf.Tensor;
    });
  },
};

/** aᵀ b without a transpose, batch by batch. */
function leftTransposed(
  a: tf.Tensor,
  b: tf.Tensor,
  k: number,
  m: number,
  n: number,
  backend: object,
  simd: SimdKernels,
): tf.TensorInfo {
  const outer = outerShape(a, b);
  const host = wasmHost(backend);
  const out = host.allocate([...outer, m, n], 'float32');
  host.view(out).fill(0);
  const address = (tensor: tf.TensorInfo): number => addressOf(backend, tensor);
  const [aAt, bAt, outAt] = [address(a), address(b), address(out)];
  for (let i = 0; i < tf.util.sizeFromShape(outer); i++) {
    const left = aAt + broadcastIndex(i, outer, a.shape.slice(0, -2)) * m * k * 4;
    const right = bAt + broadcastIndex(i, outer, b.shape.slice(0, -2)) * k * n * 4;
    addTransposedProduct(simd, left, right, outAt + i * m * n * 4, k, m, n);
  }
  return out;
}

function eachBatch(a: tf.Tensor, b: tf.Tensor, m: number, k: number, n: number): tf.Tensor {
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const outer = outerShape(a, b);
  const [countA, countB] = [batchA, batchB].map((sizes) => tf.util.sizeFromShape(sizes)) as [number, number];
  // one right matrix for all: a single tall product
  if (countB === 1) {
    return tf.reshape(tf.matMul(tf.reshape(a, [countA * m, k]) as Matrix, tf.reshape(b, [k, n]) as Matrix), [
      ...outer,
      m,
      n,
    ]);
  }
  const lefts = tf.unstack(tf.reshape(a, [countA, m, k]));
  const rights = tf.unstack(tf.reshape(b, [countB, k, n]));
  const count = tf.util.sizeFromShape(outer);
  const products = Array.from({ length: count }, (_, i) =>
    tf.matMul(lefts[broadcastIndex(i, outer, batchA)]!, rights[broadcastIndex(i, outer, batchB)]!),
  );
  return tf.reshape(tf.stack(products), [...outer, m, n]);
}

/** The flat index in a tensor of `sizes` that broadcasting to `outer` reads at flat index `i`. */
function broadcastIndex(i: number, outer: readonly number[], sizes: readonly number[]): number {
  let [index, stride] = [0, 1];
  for (let axis = outer.length - 1, own = sizes.length - 1; own >= 0; axis--, own--) {
    if (sizes[own] !== 1) index += (i % outer[axis]!) * stride;
    stride *= sizes[own]!;
    i = Math.floor(i / outer[axis]!);
  }
  return index;
}

/** Writes a (m × k) times b (k × n) to `to`, each from its own start: rows of b, four at a time, add up to a row of `to`. */
function multiplyRows(
  a: Values,
  aAt: number,
  b: Values,
  bAt: number,
  to: Values,
  toAt: number,
  m: number,
  k: number,
  n: number,
): void {
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++, aAt += k, toAt += n) {
    row.fill(0);
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const [a0, a1, a2, a3] = [a[aAt + p]!, a[aAt + p + 1]!, a[aAt + p + 2]!, a[aAt + p + 3]!];
      const b0 = bAt + p * n;
      const [b1, b2, b3] = [b0 + n, b0 + 2 * n, b0 + 3 * n];
      for (let j = 0; j < n; j++) {
        row[j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
      }
    }
    for (; p < k; p++) {
      const factor = a[aAt + p]!;
      const read = bAt + p * n;
      for (let j = 0; j < n; j++) row[j]! += factor * b[read + j]!;
    }
    to.set(row, toAt);
  }
}

/** The matrices of `x` as rows, turned over where they lie the other way. */
function turned(x: Values, rows: number, columns: number, transpose: boolean): Values {
  if (!transpose) return x;
  const out = new Float32Array(x.length);
  for (let base = 0; base < x.length; base += rows * columns) {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) out[base + i * columns + j] = x[base + j * rows + i]!;
  }
  return out;
}

/** Matrix products on a backend without a fast one; TFJS's on cpu is some ten times slower, and mispairs batches. */
export const hostMatmulKernel: HostKernel = hostKernel<tf.BatchMatMulAttrs>(
  tf.BatchMatMul,
  'wrong',
  (inputs, { transposeA, transposeB }, host) => {
    const [a, b] = [inputs.a!, inputs.b!];
    const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
    const outer = outerShape(a, b);
    const out = host.allocate([...outer, m, n], 'float32');
    const to = host.view(out);
    const left = turned(host.view(a), m, k, transposeA);
    const right = turned(host.view(b), k, n, transposeB);
    for (let i = 0; i < tf.util.sizeFromShape(outer); i++) {
      const aAt = broadcastIndex(i, outer, a.shape.slice(0, -2)) * m * k;
      const bAt = broadcastIndex(i, outer, b.shape.slice(0, -2)) * k * n;
      multiplyRows(left, aAt, right, bAt, to, i * m * n, m, k, n);
    }
    return out;
  },
);
