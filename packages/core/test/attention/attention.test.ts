import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

describe.each(testBackends('wasm', 'cpu'))('attention on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  const [q, k, v] = [
    (): tf.Tensor => random([2, 2, 3, 4], 1),
    (): tf.Tensor => random([2, 2, 5, 4], 2),
    (): tf.Tensor => random([2, 2, 5, 3], 3),
  ];

  it('is a softmax of scaled products', () => {
    tf.tidy(() => {
      const weights = tf.softmax(tf.mul(tf.matMul(q(), k(), false, true), 0.5));
      expectClose(F.scaledDotProductAttention(q(), k(), v()), tf.matMul(weights, v()), { atol: 1e-6 });
    });
  });

  it('has the gradients that finite differences give, masks and shared heads included', () => {
    tf.tidy(() => {
      const mask = random([3, 5], 4);
      expectGradient(
        (q, k, v, m) => F.scaledDotProductAttention(q!, k!, v!, { attnMask: m!, isCausal: true }),
        [q(), k(), v(), mask],
      );
      expectGradient(
        (q, k, v) => F.scaledDotProductAttention(q!, k!, v!, { enableGqa: true, scale: 0.7 }),
        [random([1, 4, 3, 2], 5), random([1, 2, 3, 2], 6), random([1, 2, 3, 2], 7)],
      );
    });
  });

  it('has a gradient of its gradient', () => {
    tf.tidy(() => {
      const slope = (q: tf.Tensor, k: tf.Tensor): tf.Tensor =>
        tf.grad((q: tf.Tensor) => tf.sum(tf.square(F.scaledDotProductAttention(q, k, v()))))(q);
      expectGradient((q, k) => slope(q!, k!), [q(), k()]);
    });
  });

  it('a causal query does not see later keys', () => {
    tf.tidy(() => {
      const x = random([1, 6, 4], 8);
      const slope = tf.grad((k: tf.Tensor) =>
        tf.sum(tf.slice(F.scaledDotProductAttention(x, k, k, { isCausal: true }), [0, 2, 0], [1, 1, 4])),
      )(x);
      const each = tf.sum(tf.abs(slope), 2).dataSync();
      expect([...each].map((size) => size > 1e-6)).toEqual([true, true, true, false, false, false]);
    });
  });

  it('a query that sees nothing gives zeros and no gradient', () => {
    tf.tidy(() => {
      const seen = tf.tensor([0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1], [3, 5], 'bool');
      const y = F.scaledDotProductAttention(q(), k(), v(), { attnMask: seen });
      expectValues(tf.slice(y, [0, 0, 0, 0], [2, 2, 1, 3]), new Float32Array(12));
      const slope = tf.grad((q: tf.Tensor) => F.scaledDotProductAttention(q, k(), v(), { attnMask: seen }))(q());
      expectValues(tf.slice(slope, [0, 0, 0, 0], [2, 2, 1, 4]), new Float32Array(16));
      expect(slope.dataSync().every(Number.isFinite)).toBe(true);
    });
  });

  it('shared key heads equal repeated ones', () => {
    tf.tidy(() => {
      const [q6, k2, v2] = [random([2, 6, 3, 4], 1), random([2, 2, 5, 4], 2), random([2, 2, 5, 3], 3)];
      const repeated = F.scaledDotProductAttention(q6, F.repeatInterleave(k2, 3, 1), F.repeatInterleave(v2, 3, 1));
      expectClose(F.scaledDotProductAttention(q6, k2, v2, { enableGqa: true }), repeated, { atol: 1e-6 });
    });
  });

  it('dropout repeats with its generator and keeps the expectation', () => {
    tf.tidy(() => {
      const run = (seed: number): tf.Tensor =>
        F.scaledDotProductAttention(tf.zeros([1, 400, 4]), tf.zeros([1, 50, 4]), tf.ones([1, 50, 1]), {
          dropoutP: 0.3,
          generator: new Generator(seed),
        });
      expectClose(run(3), run(3));
      expectValues(tf.mean(run(3)), [1], { rtol: 2e-2 });
    });
  });

  it('rotary scores depend on the distance alone', () => {
    tf.tidy(() => {
      for (const interleaved of [false, true]) {
        const at = (x: tf.Tensor, position: number): tf.Tensor =>
          F.rotaryEmbedding(x, { interleaved, positions: [position] });
        const [a, b] = [random([1, 8], 1), random([1, 8], 2)];
        const score = (i: number, j: number): tf.Tensor => tf.sum(tf.mul(at(a, i), at(b, j)));
        expectClose(score(9, 4), score(105, 100), { rtol: 1e-4, atol: 1e-4 });
        expectGradient((x) => F.rotaryEmbedding(x!, { interleaved, dim: 4 }), [random([3, 6], 3)]);
      }
    });
  });

  it('windows come back to where they were, shifted ones too', () => {
    tf.tidy(() => {
      const x = random([2, 4, 6, 3], 1);
      for (const shift of [0, 1]) {
        const windows = F.windowPartition(x, [2, 3], shift);
        expect(windows.shape).toEqual([8, 2, 3, 3]);
        expectClose(F.windowReverse(windows, [4, 6], shift), x);
      }
    });
  });

  it('linear attention has the gradient that finite differences give', () => {
    tf.tidy(() => expectGradient((q, k, v) => F.linearAttention(q!, k!, v!), [q(), k(), v()]));
  });

  it('leaves no tensors behind', () => {
    const inputs = [q(), k(), v()] as const;
    const step = (): void => {
      F.scaledDotProductAttention(...inputs, { isCausal: true, dropoutP: 0.1 }).dispose();
      F.linearAttention(...inputs).dispose();
      F.rotaryEmbedding(inputs[0]).dispose();
      tf.grad((q: tf.Tensor) => F.scaledDotProductAttention(q, inputs[1], inputs[2]))(inputs[0]).dispose();
    };
    step();
    const before = tf.memory().numTensors;
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('positions', () => {
  beforeAll(async () => void (await useTestBackend('wasm')));

  it('T5 buckets are exact near by, shared far away, and apart by side', () => {
    const options = { numBuckets: 8, maxDistance: 16 };
    expect([...F.relativePositionBuckets([0, -1, -2, -3, -16, -99, 1, 99], options)]).toEqual([0, 1, 2, 2, 3, 3, 5, 7]);
    expect([...F.relativePositionBuckets([0, -1, -3, -99, 5], { ...options, bidirectional: false })]).toEqual([
      0, 1, 3, 7, 0,
    ]);
    expect(F.relativePositionTable(2, 3, { offset: 1 }).dataSync()).toEqual(Int32Array.from([1, 0, 17, 2, 1, 0]));
  });

  it('ALiBi slopes fall geometrically, also for head counts between powers of two', () => {
    expect(F.alibiSlopes(8)).toEqual([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625]);
    expect(F.alibiSlopes(3)).toEqual([0.0625, 0.00390625, 0.25]);
  });

  it('the shifted-window mask separates what the roll brought together', () => {
    const mask = F.shiftedWindowMask([4, 4], 2, 1);
    expectValues(tf.slice(mask, [0, 0, 0], [1, 4, 4]), new Float32Array(16));
    // the last window holds one piece of each corner
    expectValues(tf.slice(mask, [3, 0, 0], [1, 1, 4]), [0, -100, -100, -100]);
  });

  it('refuse what cannot work', () => {
    expect(() => F.scaledDotProductAttention(tf.zeros([2, 3]), tf.zeros([2, 4]), tf.zeros([2, 4]))).toThrow(
      /do not fit/,
    );
    expect(() =>
      F.scaledDotProductAttention(tf.zeros([3, 2, 4]), tf.zeros([2, 2, 4]), tf.zeros([2, 2, 4]), { enableGqa: true }),
    ).toThrow(/not a multiple/);
    expect(() => F.rotaryEmbedding(tf.zeros([2, 3]))).toThrow(/even number of features/);
    expect(() => F.windowPartition(tf.zeros([1, 5, 4, 1]), 2)).toThrow(/does not divide into windows/);
  });
});
