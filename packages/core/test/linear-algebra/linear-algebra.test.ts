import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Symmetric positive definite. */
const definite = (n: number, seed: number): tf.Tensor =>
  tf.tidy(() => {
    const a = random([n, n + 2], seed) as tf.Tensor2D;
    return tf.add(tf.matMul(a, a, false, true), tf.eye(n));
  });

describe.each(testBackends('wasm', 'cpu'))('linear algebra on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('decompositions give their matrix back', () => {
    tf.tidy(() => {
      const a = definite(5, 1);
      const l = F.cholesky(a);
      expectClose(tf.matMul(l, l, false, true), a, { atol: 1e-5 });
      expectClose(tf.matMul(F.inverse(a), a), tf.eye(5), { atol: 1e-5 });
      expectClose(F.logdet(a), tf.sum(tf.log(F.eigvalsh(a))), { rtol: 1e-5 });
      expectClose(tf.sum(tf.square(F.svdvals(random([4, 7], 2)))), tf.sum(tf.square(random([4, 7], 2))), {
        rtol: 1e-5,
      });
      const batch = tf.stack([definite(3, 1), definite(3, 2)]);
      expectClose(tf.gather(F.inverse(batch), 1), F.inverse(definite(3, 2)));
    });
  });

  it('pinv satisfies what defines it, for matrices of any shape and rank', () => {
    tf.tidy(() => {
      const wide = random([3, 5], 8);
      for (const a of [wide, tf.transpose(wide), tf.concat([wide, tf.zeros([2, 5]), wide])]) {
        const p = F.pinv(a);
        expect(p.shape).toEqual([a.shape[1], a.shape[0]]);
        expectClose(tf.matMul(tf.matMul(a, p), a), a, { atol: 1e-5 });
        expectClose(tf.matMul(tf.matMul(p, a), p), p, { atol: 1e-5 });
        expectClose(tf.transpose(tf.matMul(a, p)), tf.matMul(a, p), { atol: 1e-5 });
        expectClose(tf.transpose(tf.matMul(p, a)), tf.matMul(p, a), { atol: 1e-5 });
      }
      expectGradient((x) => F.pinv(x!), [wide]);
      expectGradient((x) => F.pinv(x!), [tf.transpose(wide)]);
    });
  });

  it('decompositions have the gradients that finite differences give', () => {
    tf.tidy(() => {
      const [a, b] = [random([3, 3], 3), random([3, 2], 4)];
      const well = tf.add(a, tf.mul(tf.eye(3), 3));
      expectGradient((x) => F.inverse(x!), [well]);
      expectGradient((x, b) => F.solve(x!, b!), [well, b]);
      expectGradient((x) => F.logdet(x!), [well]);
      expectGradient((x) => F.svdvals(x!), [a]);
      // symmetric inputs: through x + xᵀ, so that one element may move alone
      const even = (x: tf.Tensor): tf.Tensor => tf.add(tf.add(x, tf.transpose(x)), tf.mul(tf.eye(3), 6));
      expectGradient((x) => F.cholesky(even(x!)), [a]);
      expectGradient((x) => F.eigvalsh(even(x!)), [a]);
    });
  });

  it('inverse and cholesky have gradients of their gradients; eigvalsh says that it has none', () => {
    tf.tidy(() => {
      const a = definite(3, 5);
      const slope = (fn: (x: tf.Tensor) => tf.Tensor) => tf.grad((x: tf.Tensor) => tf.sum(tf.square(fn(x))));
      expectGradient((x) => slope(F.inverse)(x!), [a], { step: 3e-3 });
      expect(() => tf.grad((x: tf.Tensor) => tf.sum(slope(F.eigvalsh)(x)))(a)).toThrow(/no gradient of the gradient/);
    });
  });

  it('linear and bilinear have the gradients that finite differences give', () => {
    tf.tidy(() => {
      expectGradient((x, w, b) => F.linear(x!, w!, b!), [random([2, 3, 4], 1), random([4, 5], 2), random([5], 3)]);
      expectGradient((x, y, w) => F.bilinear(x!, y!, w!), [random([4, 2], 1), random([4, 3], 2), random([2, 2, 3], 3)]);
      const slope = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(F.linear(x, w))))(x);
      expectGradient((x, w) => slope(x!, w!), [random([3, 4], 1), random([4, 2], 2)]);
    });
  });

  it('linear with an activation is what the two are one after the other, gradients and their gradients too', () => {
    tf.tidy(() => {
      const inputs = [random([2, 3, 4], 1), random([4, 5], 2), random([5], 3)];
      const fused = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => F.linear(x, w, b, { activation: 'relu' });
      const apart = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.relu(F.linear(x, w, b));
      const slope = (fn: typeof fused) => (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(fn(x, w, b))))(x);
      for (const make of [(fn: typeof fused) => fn, slope]) {
        const results = [fused, apart].map((fn) => tf.grads(make(fn) as (...x: tf.Tensor[]) => tf.Tensor)(inputs));
        results[0]!.forEach((gradient, i) => expectClose(gradient, results[1]![i]!, { atol: 1e-5 }));
      }
      expectClose(fused(inputs[0]!, inputs[1]!, inputs[2]!), apart(inputs[0]!, inputs[1]!, inputs[2]!));
    });
  });

  it('picking and scattering are each other’s gradient', () => {
    tf.tidy(() => {
      const index = tf.tensor2d(
        [
          [0, 2, 0, 1],
          [3, 3, 1, 0],
        ],
        [2, 4],
        'int32',
      );
      expectGradient((x) => F.gather(x!, 1, index), [random([2, 4], 1)]);
      for (const reduce of ['sum', 'mean', 'amax', 'amin'] as const) {
        for (const includeSelf of [true, false]) {
          const run = (x: tf.Tensor, s: tf.Tensor): tf.Tensor =>
            F.scatterReduce(x, 1, index, s, reduce, { includeSelf });
          expectGradient((x, s) => run(x!, s!), [random([2, 4], 1), random([2, 4], 2)]);
        }
      }
      expectValues(
        F.indexAdd(
          tf.zeros([3, 2]),
          0,
          tf.tensor1d([2, 0, 2], 'int32'),
          tf.tensor2d([
            [1, 2],
            [3, 4],
            [5, 6],
          ]),
        ),
        [3, 4, 0, 0, 6, 8],
      );
    });
  });

  it('sorting keeps the order of equal values', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([
        [2, 1, 2, 0],
        [1, 1, 1, 3],
      ]);
      expectValues(F.sort(x).indices, [3, 1, 0, 2, 0, 1, 2, 3]);
      expectValues(F.sort(x, { descending: true }).indices, [0, 2, 1, 3, 3, 0, 1, 2]);
      expectValues(F.topk(x, 1, { dim: 0 }).values, [2, 1, 2, 3]);
      expectValues(F.median(tf.tensor1d([4, 1, 3, 2])).values, [2]);
      expectGradient((x) => F.sort(x!).values, [tf.tensor1d([0.3, -1, 2, 0.9])]);
    });
  });

  it('bins, boundaries and counts', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([-1, 0, 0.5, 1, 3]);
      const edges = tf.tensor1d([0, 1, 2]);
      expectValues(F.bucketize(x, edges), [0, 0, 1, 1, 3]);
      expectValues(F.bucketize(x, edges, { right: true }), [0, 1, 1, 2, 3]);
      expectValues(F.histc(x, { bins: 4, min: 0, max: 2 }), [1, 1, 1, 0]);
      expectValues(F.bincount(tf.tensor1d([1, 3, 1], 'int32')), [0, 2, 0, 1]);
    });
  });

  it('rearranging ops have the gradients that finite differences give', () => {
    tf.tidy(() => {
      const x = random([3, 4], 1);
      expectGradient((x) => F.roll(x!, [1, -2], [0, 1]), [x]);
      expectGradient((x) => F.triu(x!, -1), [x]);
      expectGradient((x) => F.repeatInterleave(x!, 3, 0), [x]);
      expectGradient((x, y) => F.kron(x!, y!), [x, random([2, 2], 2)]);
      expectGradient((x) => F.std(x!, { dims: 1 }), [x]);
      expectGradient((x) => F.maskedFill(x!, tf.greater(random([3, 4], 5), 0), 7), [x]);
      expectValues(F.tril(tf.fill([2, 2], Infinity)), [Infinity, 0, Infinity, Infinity]);
    });
  });

  it('clamp has no gradient at its bounds and beyond', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([-Infinity, -2, -1, 0, 1, 2, Infinity]);
      const slope = (limits: { min?: number; max?: number }) => tf.grad((x) => F.clamp(x, limits))(x);
      expectValues(slope({ min: -1, max: 1 }), [0, 0, 0, 1, 0, 0, 0]);
      expectValues(slope({ min: -1 }), [0, 0, 0, 1, 1, 1, 1]);
      expectValues(slope({ max: 1 }), [1, 1, 1, 1, 0, 0, 0]);
      expectValues(F.clamp(x, { min: -1, max: 1 }), [-1, -1, -1, 0, 1, 1, 1]);
      expectValues(F.clamp(tf.tensor1d([-3, 3], 'int32'), { min: 0 }), [0, 3]);
    });
  });
});

describe('linear algebra', () => {
  beforeAll(async () => void (await useTestBackend('wasm')));

  it('refuses what cannot work', () => {
    expect(() => F.inverse(tf.zeros([2, 2]))).toThrow(/singular/);
    expect(() => F.inverse(tf.zeros([2, 3]))).toThrow(/square matrices/);
    expect(() =>
      F.cholesky(
        tf.tensor2d([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow(/not positive definite/);
    expect(() => F.linear(tf.zeros([2, 3]), tf.zeros([4, 5]))).toThrow(/does not fit a weight/);
    expect(() => F.topk(tf.zeros([3]), 4)).toThrow(/4 of 3 values/);
    expect(() => F.gather(tf.zeros([2, 2]), 0, tf.zeros([2, 3], 'int32'))).toThrow(/does not fit/);
  });
});
