import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon, OutOfMemoryError, type Addon, type NativeBackend } from '../src/index.js';
import { arrayOf } from '../src/memory/native-data.js';
import { Pool } from '../src/memory/pool.js';

let addon: Addon;
let backend: NativeBackend;
beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
  backend = tf.backend() as NativeBackend;
});
// whatever failed has left nothing behind, and the backend works
afterEach(() => {
  expect(tf.memory().numTensors).toBe(0);
  expect(backend.pool.used).toBe(0);
  expect(tf.tidy(() => Array.from(tf.add(tf.fill([2], 1), 2).dataSync()))).toEqual([3, 3]);
});

describe('what does not fit into memory is an error that says so', () => {
  const long = (shape: number[]): tf.Tensor => tf.reshape(tf.fill([1 << 20], 1), shape);
  const cases: Record<string, () => tf.Tensor> = {
    'a tensor': () => tf.fill([2 ** 31, 2 ** 31], 1),
    'more numbers than a double counts': () => tf.fill([2 ** 40, 2 ** 40], 1),
    'more than the machine has': () => tf.fill([2 ** 20, 2 ** 21], 1),
    'a sum': () => tf.add(long([1 << 20, 1]), long([1, 1 << 20])),
    'a comparison': () => tf.greater(long([1 << 20, 1]), long([1, 1 << 20])),
    'a product of matrices': () => tf.matMul(long([1 << 20, 1]), long([1, 1 << 20])),
    repetition: () => tf.tile(long([1 << 20]), [1 << 20]),
    'a border': () =>
      tf.pad(long([1 << 10, 1 << 10]), [
        [0, 1 << 20],
        [0, 1 << 20],
      ]),
    'a one-hot table': () => tf.oneHot(tf.cast(long([1 << 20]), 'int32'), 1 << 22),
    'an enlarged picture': () =>
      tf.image.resizeBilinear(long([1, 1 << 10, 1 << 10, 1]) as tf.Tensor4D, [1 << 18, 1 << 18]),
    attention: () => F.scaledDotProductAttention(tf.fill([1, 1], 1), tf.fill([1, 1], 1), tf.fill([1, 2 ** 42], 1)),
  };
  it.each(Object.keys(cases))('%s', (name) => {
    const attempt = (): unknown => tf.tidy(() => cases[name]!());
    expect(attempt).toThrow(OutOfMemoryError);
    expect(attempt).toThrow(/out of memory: a tensor needs \d+ MB.*use smaller batches or dispose of tensors/);
  });

  it('frees what a kernel had made before it failed', () => {
    expect(() =>
      backend.guarded(() => {
        backend.output([10], 'float32');
        backend.output([2 ** 31, 2 ** 31], 'float32');
      }),
    ).toThrow(OutOfMemoryError);
  });

  it('what a kernel needs beside its tensors', () => {
    // attention with one query and one key of 2⁴⁰ features, which it never comes to read
    const sizes = [1, 1, 1, 1, 1, 2 ** 40, 1];
    expect(() => backend.call('attention', 0, 0, 0, 0, 0, 0, 0, ...sizes, ...new Float64Array(9))).toThrow(
      /out of memory: no room for kernel 'attention'/,
    );
  });

  it('reading it', () => {
    expect(() => arrayOf('float32', 2 ** 45)).toThrow(OutOfMemoryError);
    expect(() => arrayOf('bool', 2 ** 45)).toThrow(/read slices/);
  });

  it('making it in JavaScript', () => {
    expect(() => tf.zeros([2 ** 31, 2 ** 31])).toThrow(Error);
    expect(() => tf.ones([2 ** 31, 2 ** 31], 'int32')).toThrow(Error);
  });
});

describe('shapes and addresses that cannot be', () => {
  it('are errors', () => {
    for (const shape of [[-1], [2, -3], [1.5]]) {
      expect(() => tf.fill(shape, 1), String(shape)).toThrow(/negative|integer/i);
      expect(() => tf.zeros(shape as [number]), String(shape)).toThrow(/negative|integer/i);
    }
    for (const shape of [[-1], [NaN], [Infinity]]) {
      expect(() => backend.output(shape, 'float32'), String(shape)).toThrow(OutOfMemoryError);
    }
  });

  it('do not reach memory', () => {
    expect(addon.kernel('no such kernel')).toBe(-1);
    expect(() => backend.call('no such kernel')).toThrow(/no kernel 'no such kernel'/);
    expect(() => backend.call('fill', ...new Float64Array(5000))).toThrow(/5000 arguments/);
    for (const index of [-1, 1e6, 2 ** 31]) expect(() => addon.run(index)).toThrow(/no kernel of this number/);
    for (const bytes of [-1, NaN, Infinity, 1e300]) expect(() => addon.allocate(bytes)).toThrow(/number of bytes/);
    expect(addon.allocate(2 ** 52)).toBe(0);
    const address = addon.allocate(16);
    expect(() => addon.read(address, new Float32Array(5))).toThrow(/longer than the block/);
    expect(() => addon.write(address, new Float64Array(3))).toThrow(/longer than the block/);
    for (const wrong of [0, 1, address + 4, NaN]) {
      expect(() => addon.read(wrong, new Float32Array(1)), String(wrong)).toThrow(/address of a block/);
      expect(() => addon.release(wrong), String(wrong)).toThrow(/address of a block/);
    }
    addon.release(address);
    expect(() => addon.release(address)).toThrow(/address of a block/);
  });
});

describe.runIf(process.env['HOURGLASS_POOL'] !== 'off')('the pool', () => {
  it('gives out freed blocks again, and never keeps much more than was used', () => {
    const pool = new Pool(addon);
    const first = pool.allocate(1000);
    expect(first.bytes).toBeGreaterThanOrEqual(1000);
    pool.release(first);
    expect(pool.allocate(990).address).toBe(first.address);
    pool.release(first);
    // sizes that never come again
    for (let i = 1; i < 200; i++) pool.release(pool.allocate(i * 2 ** 20));
    expect(pool.used).toBe(0);
    expect(pool.idle).toBeLessThan(330 * 2 ** 20);
    pool.trim();
    expect(pool.idle).toBe(0);
  });
});
