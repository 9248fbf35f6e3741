import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { Gpu } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { tileFor, tileProduct, tileThreads } from '../../webgpu/snippets/tile-product.js';
import type { Composition } from '../composition.js';
import { fillOnGpu } from './memory.js';
import { gpuKernel } from './gpu-kernel.js';
import { sumBlocks } from './reduction.js';

/** Batches of products [m, k] × [k, n]; steps through the operands say how they lie. */
const fields = {
  m: 'u32',
  k: 'u32',
  n: 'u32',
  batch: 'u32',
  left_batch: 'u32',
  left_row: 'u32',
  left_term: 'u32',
  right_batch: 'u32',
  right_term: 'u32',
  right_column: 'u32',
} as const;

const threads = 64;

/** An invocation for each element of each block of terms: for products that are too small to share what they read. */
const small: Shader<{ FLOAT: boolean }> = {
  name: 'matmul-small',
  workgroup: threads,
  uniforms: { ...fields, count: 'u32', block: 'u32' },
  code: ({ FLOAT }) => `
fn compute(group: vec3u, local: u32) {
  let i = group.x * ${threads}u + local;
  if (i >= uniforms.count) { return; }
  let column = i % uniforms.n;
  let row = i / uniforms.n % uniforms.m;
  let which = i / (uniforms.n * uniforms.m) % uniforms.batch;
  let first = i / (uniforms.n * uniforms.m * uniforms.batch) * uniforms.block;
  let end = min(first + uniforms.block, uniforms.k);
  var left_at = which * uniforms.left_batch + row * uniforms.left_row + first * uniforms.left_term;
  var right_at = which * uniforms.right_batch + column * uniforms.right_column + first * uniforms.right_term;
  var sum = ${FLOAT ? '0.0' : '0'};
  for (var term = first; term < end; term++) {
    sum += a[left_at] * b[right_at];
    left_at += uniforms.left_term;
    right_at += uniforms.right_term;
  }
  y[i] = sum;
}`,
};

/** LEFT_ALONG and RIGHT_ALONG: terms of the operand lie side by side, and are read so. */
const tiled: Shader<{ NARROW: boolean; LEFT_ALONG: boolean; RIGHT_ALONG: boolean }> = {
  name: 'matmul-tiled',
  workgroup: tileThreads,
  uniforms: fields,
  code({ NARROW, LEFT_ALONG, RIGHT_ALONG }) {
    const tile = tileFor(NARROW ? 1 : Infinity);
    const { rows, columns, depth } = tile;
    const load = (side: string, quads: number, along: boolean): string => `
    for (var i = local; i < ${quads * depth}u; i += ${tileThreads}u) {
      let quad = ${along ? `i / ${depth}u` : `i % ${quads}u`};
      let term = ${along ? `i % ${depth}u` : `i / ${quads}u`};
      put_${side}(term, quad, vec4f(
        ${side}_of(which, ${side}_first + 4u * quad, first + term),
        ${side}_of(which, ${side}_first + 4u * quad + 1u, first + term),
        ${side}_of(which, ${side}_first + 4u * quad + 2u, first + term),
        ${side}_of(which, ${side}_first + 4u * quad + 3u, first + term)));
    }`;
    return `${tileProduct(tile)}
fn left_of(which: u32, row: u32, term: u32) -> f32 {
  if (row >= uniforms.m || term >= uniforms.k) { return 0.0; }
  return a[which * uniforms.left_batch + row * uniforms.left_row + term * uniforms.left_term];
}
fn right_of(which: u32, column: u32, term: u32) -> f32 {
  if (column >= uniforms.n || term >= uniforms.k) { return 0.0; }
  return b[which * uniforms.right_batch + column * uniforms.right_column + term * uniforms.right_term];
}
fn compute(group: vec3u, local: u32) {
  let which = group.z;
  let left_first = group.y * ${rows}u;
  let right_first = group.x * ${columns}u;
  for (var first = 0u; first < uniforms.k; first += ${depth}u) {
    ${load('left', rows / 4, LEFT_ALONG)}
    ${load('right', columns / 4, RIGHT_ALONG)}
    add_products(local);
  }
  for (var r = 0u; r < 4u; r++) {
    let row = left_first + tile_row(local) + r;
    for (var c = 0u; c < 4u; c++) {
      let column = right_first + tile_column(local) + c;
      if (row < uniforms.m && column < uniforms.n) { y[(which * uniforms.m + row) * uniforms.n + column] = sums[r][c]; }
    }
  }
}`;
  },
};

/** Sizes of a product and how its operands lie. */
interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly outer: readonly number[];
  readonly batch: number;
}

function productOf(a: tf.TensorInfo, b: tf.TensorInfo, { transposeA, transposeB }: tf.BatchMatMulAttrs): Product {
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return {
    m: a.shape.at(transposeA ? -1 : -2)!,
    k: a.shape.at(transposeA ? -2 : -1)!,
    n: b.shape.at(transposeB ? -2 : -1)!,
    outer,
    batch: tf.util.sizeFromShape(outer),
  };
}

const batches = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape.slice(0, -2));

/** Products of operands that have a matrix for each result, or one for all. */
function multiply(
  gpu: Gpu,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
  { m, k, n, outer, batch }: Product,
): tf.TensorInfo {
  const float = a.dtype === 'float32';
  const y = gpu.allocate([...outer, m, n], a.dtype);
  const size = batch * m * n;
  if (size * k === 0) {
    fillOnGpu(gpu, y, 0);
    return y;
  }
  const uniforms = {
    m,
    k,
    n,
    batch,
    left_batch: batches(a) === 1 ? 0 : m * k,
    left_row: transposeA ? 1 : k,
    left_term: transposeA ? m : 1,
    right_batch: batches(b) === 1 ? 0 : k * n,
    right_term: transposeB ? 1 : n,
    right_column: transposeB ? k : 1,
  };
  const narrow = n <= 16;
  if (float && m >= 32 && n > 4 && k >= 8 && size * k >= 1 << 21) {
    const { rows, columns } = tileFor(n);
    gpu.run(tiled, {
      inputs: { a, b },
      outputs: { y },
      uniforms,
      constants: { NARROW: narrow, LEFT_ALONG: !transposeA, RIGHT_ALONG: transposeB },
      groups: [Math.ceil(n / columns), Math.ceil(m / rows), batch],
    });
    return y;
  }
  // few sums of many terms would leave a GPU idle
  const blocks = size < 1 << 14 && k >= 512 ? Math.ceil(k / 256) : 1;
  const parts = blocks === 1 ? y : gpu.scratch([blocks, size], a.dtype as 'float32');
  const count = blocks * size;
  gpu.run(small, {
    inputs: { a, b },
    outputs: { y: parts },
    uniforms: { ...uniforms, count, block: blocks === 1 ? k : 256 },
    constants: { FLOAT: float },
    groups: [Math.ceil(count / threads)],
  });
  if (blocks > 1) sumBlocks(gpu, parts, y, blocks);
  return y;
}

const plain = gpuKernel<tf.BatchMatMulAttrs>(tf.BatchMatMul, ({ a, b }, attrs, gpu) =>
  multiply(gpu, a!, b!, attrs, productOf(a!, b!, attrs)),
);

/** Batches that broadcast along some axes only are written out first. */
const matmul: Composition = {
  ...plain,
  run(inputs, attrs, backend, original) {
    const [a, b] = [inputs.a!, inputs.b!];
    const { transposeA, transposeB } = attrs as tf.BatchMatMulAttrs;
    const { outer, batch } = productOf(a, b, attrs as tf.BatchMatMulAttrs);
    const whole = (x: tf.Tensor): boolean => [1, batch].includes(batches(x));
    if (whole(a) && whole(b)) return plain.run(inputs, attrs, backend, original);
    return scope(() => {
      const expand = (x: tf.Tensor): tf.Tensor => (whole(x) ? x : tf.broadcastTo(x, [...outer, ...x.shape.slice(-2)]));
      return tf.matMul(expand(a), expand(b), transposeA, transposeB);
    });
  },
};

type Activation = (x: tf.Tensor, weights: tf.Tensor | undefined, slope: number | undefined) => tf.Tensor;

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  elu: (x) => tf.elu(x),
  sigmoid: (x) => tf.sigmoid(x),
  leakyrelu: (x, _, slope) => tf.leakyRelu(x, slope),
  prelu: (x, weights) => tf.prelu(x, weights!),
};

/** Product, bias and activation one after the other. */
const fused: Composition = {
  kernelName: tf._FusedMatMul,
  because: 'slow',
  run: ({ a, b, bias, preluActivationWeights }, attrs) => {
    const { transposeA, transposeB, activation, leakyreluAlpha } = attrs as tf._FusedMatMulAttrs;
    return scope(() => {
      const product = tf.matMul(a!, b!, transposeA, transposeB);
      const sum = bias === undefined ? product : tf.add(product, bias);
      return tf.clone(activations[activation]!(sum, preluActivationWeights, leakyreluAlpha));
    });
  },
};

/** TFJS's mispair batches that broadcast, and wait some fifty times as long for small products on software adapters. */
export const matmulOnGpu: readonly Composition[] = [matmul, fused];
