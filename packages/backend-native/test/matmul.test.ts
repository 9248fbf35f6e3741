import * as tf from '@tensorflow/tfjs-core';
import { Generator, useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { loadAddon, type Addon, type NativeBackend } from '../src/index.js';

let addon: Addon;
let backend: NativeBackend;
const threads = [1, 2];

beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
  backend = tf.backend() as NativeBackend;
  backend.fallbacks.clear();
});

afterEach(() => {
  addon.setIsa(addon.isas().at(-1)!);
  addon.setThreads(2);
});

const generator = new Generator(7);
const random = (shape: number[]): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => generator.uniform() - 0.5),
    shape,
  );

function numbers(make: () => tf.Tensor): Float32Array {
  const x = tf.tidy(make);
  const values = x.dataSync() as Float32Array;
  x.dispose();
  return values;
}

/** In float64: [..., m, k] by [..., k, n] after turning, with TFJS's broadcasting of the batch. */
function reference(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): Float64Array {
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const plain = (x: tf.Tensor, turn: boolean): tf.Tensor => {
    const axes = Array.from({ length: x.rank - 2 }, (_, i) => i);
    const turned = turn ? tf.transpose(x, [...axes, x.rank - 1, x.rank - 2]) : x;
    return tf.broadcastTo(turned, [...outer, ...turned.shape.slice(-2)]);
  };
  const [x, y] = [numbers(() => plain(a, transposeA)), numbers(() => plain(b, transposeB))];
  const [m, k] = [a.shape.at(transposeA ? -1 : -2)!, a.shape.at(transposeA ? -2 : -1)!];
  const n = b.shape.at(transposeB ? -2 : -1)!;
  const count = tf.util.sizeFromShape(outer);
  const out = new Float64Array(count * m * n);
  for (let batch = 0; batch < count; batch++)
    for (let i = 0; i < m; i++)
      for (let p = 0; p < k; p++) {
        const factor = x[(batch * m + i) * k + p]!;
        for (let j = 0; j < n; j++) out[(batch * m + i) * n + j]! += factor * y[(batch * k + p) * n + j]!;
      }
  return out;
}

/** Runs on every instruction set and with every number of threads, which must not change a bit. */
function everywhere(run: () => tf.Tensor, check: (values: Float32Array | Int32Array, where: string) => void): void {
  for (const isa of addon.isas()) {
    addon.setIsa(isa);
    let first: Uint8Array | null = null;
    for (const count of threads) {
      addon.setThreads(count);
      const y = tf.tidy(run);
      const values = y.dataSync() as Float32Array;
      y.dispose();
      check(values, `${isa}, ${count} threads`);
      const bits = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      if (first === null) first = bits.slice();
      else expect(Buffer.compare(bits, first), `${isa}: bits with ${count} threads`).toBe(0);
    }
  }
}

function expectNoFallback(): void {
  for (const name of [tf.BatchMatMul, tf._FusedMatMul]) expect(backend.fallbacks.get(name)).toBeUndefined();
}

function near(expected: ArrayLike<number>, k: number): (values: Float32Array | Int32Array, where: string) => void {
  return (values, where) => {
    const { ok, message } = compareValues(values, expected, { rtol: 1e-5, atol: 1e-6 + 1e-7 * k });
    expect(ok, `${where}: ${message}`).toBe(true);
  };
}

const sizes: ReadonlyArray<readonly [m: number, n: number, k: number]> = [
  [1, 1, 1],
  [1, 1, 300],
  [1, 130, 70],
  [2, 257, 33],
  [3, 5, 7],
  [4, 600, 40],
  [5, 16, 1100],
  [8, 64, 64],
  [9, 2, 40],
  [13, 31, 17],
  [14, 32, 16],
  [15, 33, 515],
  [29, 65, 64],
  [45, 4, 700],
  [300, 2, 31],
  [32, 32, 32],
  [100, 1, 50],
  [57, 290, 130],
  [200, 3, 9],
  [230, 70, 1],
  [24, 24, 5000],
];

for (const transposeA of [false, true])
  for (const transposeB of [false, true])
    it(`multiplies, ${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`, () => {
      for (const [m, n, k] of sizes) {
        const a = random(transposeA ? [k, m] : [m, k]);
        const b = random(transposeB ? [n, k] : [k, n]);
        everywhere(() => tf.matMul(a, b, transposeA, transposeB), near(reference(a, b, transposeA, transposeB), k));
        tf.dispose([a, b]);
      }
      expectNoFallback();
    });

it('multiplies batches, with broadcasting', () => {
  const pairs: ReadonlyArray<readonly [number[], number[]]> = [
    [[3], [3]],
    [[40], [40]],
    [[3], []],
    [[], [5]],
    [[1], [4]],
    [[2, 3], [3]],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 1],
      [1, 3],
    ],
    [
      [2, 1, 3],
      [2, 4, 1],
    ],
    [
      [2, 3, 1, 2],
      [3, 5, 1],
    ],
  ];
  for (const [outerA, outerB] of pairs)
    for (const [m, n, k] of [
      [5, 18, 7],
      [1, 3, 20],
      [17, 33, 40],
    ] as const)
      for (const transposeA of [false, true])
        for (const transposeB of [false, true]) {
          const a = random([...outerA, ...(transposeA ? [k, m] : [m, k])]);
          const b = random([...outerB, ...(transposeB ? [n, k] : [k, n])]);
          everywhere(() => tf.matMul(a, b, transposeA, transposeB), near(reference(a, b, transposeA, transposeB), k));
          tf.dispose([a, b]);
        }
  expectNoFallback();
});

it('multiplies a few large matrices one by one', () => {
  const [a, b] = [random([2, 170, 180]), random([2, 180, 190])];
  everywhere(() => tf.matMul(a, b), near(reference(a, b, false, false), 180));
});

it('takes sizes of 0', () => {
  for (const [m, n, k] of [
    [0, 3, 4],
    [3, 0, 4],
    [3, 4, 0],
    [0, 0, 0],
  ] as const) {
    const y = tf.matMul(tf.zeros([m, k]), tf.zeros([k, n]));
    expect(y.shape).toEqual([m, n]);
    expect(Array.from(y.dataSync())).toEqual(Array.from({ length: m * n }, () => 0));
  }
  expect(tf.matMul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 4])).shape).toEqual([0, 2, 4]);
  expect(tf.matMul(tf.zeros([2, 0, 3]), tf.zeros([2, 3, 4])).shape).toEqual([2, 0, 4]);
});

it('keeps NaN and infinities in their rows and columns', () => {
  for (const [m, n, k] of [
    [20, 40, 30],
    [1, 40, 30],
    [20, 1, 30],
  ] as const) {
    const [row, column] = [m >> 1, n >> 1];
    const [left, right] = [numbers(() => random([m, k])), numbers(() => random([k, n]))];
    left[row * k + 3] = NaN;
    right[5 * n + column] = Infinity;
    const [a, b] = [tf.tensor2d(left, [m, k]), tf.tensor2d(right, [k, n])];
    everywhere(() => tf.matMul(a, b), near(reference(a, b, false, false), k));
  }
});

it('multiplies int32, modulo 2^32', () => {
  const whole = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Int32Array.from({ length: tf.util.sizeFromShape(shape) }, () => Math.floor((generator.uniform() - 0.5) * 1000)),
      shape,
      'int32',
    );
  for (const transposeA of [false, true])
    for (const transposeB of [false, true]) {
      const a = whole(transposeA ? [2, 7, 5] : [2, 5, 7]);
      const b = whole(transposeB ? [9, 7] : [7, 9]);
      const expected = reference(a, b, transposeA, transposeB);
      everywhere(
        () => tf.matMul(a, b, transposeA, transposeB),
        (values, where) => expect(Array.from(values), where).toEqual(Array.from(expected)),
      );
    }
  const y = tf.matMul(tf.tensor([[2 ** 30, 2 ** 30]], [1, 2], 'int32'), tf.tensor([[4], [1]], [2, 1], 'int32'));
  expect(y.dtype).toBe('int32');
  expect(y.dataSync()[0]).toBe(2 ** 30);
  expectNoFallback();
});

type Fused = Parameters<typeof tf.fused.matMul>[0];

it('adds a bias and applies an activation', () => {
  const activations: ReadonlyArray<readonly [NonNullable<Fused['activation']>, (x: number, slope: number) => number]> =
    [
      ['linear', (x) => x],
      ['relu', (x) => Math.max(x, 0)],
      ['relu6', (x) => Math.min(Math.max(x, 0), 6)],
      ['leakyrelu', (x) => (x < 0 ? x * 0.3 : x)],
      ['prelu', (x, slope) => (x < 0 ? x * slope : x)],
      ['elu', (x) => (x < 0 ? Math.expm1(x) : x)],
      ['sigmoid', (x) => 1 / (1 + Math.exp(-x))],
    ];
  for (const [m, n, k] of [
    [5, 18, 7],
    [20, 70, 600],
    [1, 40, 20],
    [3, 21, 20],
    [40, 3, 20],
  ] as const) {
    const [a, b] = [random([m, k]), tf.mul(random([k, n]), 8)];
    const products = reference(a, b, false, false);
    for (const [activation, apply] of activations)
      for (const shape of [null, [n], [1, n], [1], [m, 1], [m, n]]) {
        const bias = shape === null ? undefined : random(shape);
        const slopes = activation === 'prelu' ? random(shape ?? [n]) : undefined;
        const full = (x: tf.Tensor | undefined): ArrayLike<number> | null =>
          x === undefined ? null : tf.tidy(() => tf.broadcastTo(x, [m, n]).dataSync());
        const [added, factors] = [full(bias), full(slopes)];
        const expected = products.map((x, i) => apply(x + (added?.[i] ?? 0), factors?.[i] ?? 0));
        everywhere(
          () =>
            tf.fused.matMul({ a, b, bias, activation, preluActivationWeights: slopes, leakyreluAlpha: 0.3 } as Fused),
          near(expected, 8 * k),
        );
      }
  }
  expectNoFallback();
});

it('lets NaN through activations', () => {
  for (const activation of ['relu', 'relu6', 'leakyrelu'] as const) {
    const y = tf.fused.matMul({ a: tf.tensor2d([[NaN]]), b: tf.tensor2d([[1]]), activation });
    expect(y.dataSync()[0]).toBeNaN();
  }
});

it('refuses sizes that do not fit', () => {
  expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(/do not fit/);
});
