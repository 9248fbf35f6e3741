import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm2d,
  functional as F,
  Generator,
  kernels,
  normalTensor,
  ReLU,
  Sequential,
  StateBuffer,
} from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, valuesOf, type Computation } from './support/fused.js';

/** Normal numbers that are the same in every call. */
function normal(shape: readonly number[], seed: number, mean = 0, deviation = 1): tf.Tensor {
  return normalTensor(shape, mean, deviation, new Generator(seed));
}

/** y, the gradients of Σ y · dy with respect to all inputs, for inputs made by `inputs`. */
function withGradients(inputs: () => tf.Tensor[], fn: (...inputs: tf.Tensor[]) => tf.Tensor): Computation {
  return () => {
    const given = inputs();
    const y = fn(...given);
    const gradients = tf.grads((...xs: tf.Tensor[]) => fn(...xs))(given, normal(y.shape, 99));
    return [y, ...gradients];
  };
}

const forward = [kernels.GroupedNorm, kernels.GroupedNormGrad];
const fixed = [kernels.FixedNorm, kernels.FixedNormGrad];

describe('batch norm', () => {
  // channels below, at and above a line of 256 numbers; positions below, at and above a chunk
  it.each([
    [[2, 1]],
    [[5, 3]],
    [[33_001, 1]],
    [[5000, 7]],
    [[2, 9, 11, 16]],
    [[2, 23, 33, 17]],
    [[129, 255]],
    [[65, 256]],
    [[130, 300]],
    [[70, 1030]],
  ])('in training of %j', async (shape) => {
    const c = shape.at(-1)!;
    const inputs = (): tf.Tensor[] => [normal(shape, 1, 3, 2), normal([c], 2), normal([c], 3)];
    for (const activation of [undefined, 'relu'] as const) {
      const fn = withGradients(inputs, (x, w, b) =>
        F.batchNorm(x!, null, null, w!, b!, { training: true, activation }),
      );
      await expectFused(fn, await composed(fn), forward, { rtol: 1e-4, atol: 1e-4 });
    }
  });

  it('without weight or bias', async () => {
    for (const given of [0, 1, 2]) {
      const inputs = (): tf.Tensor[] => [normal([4, 9, 6], 1), ...(given === 0 ? [] : [normal([6], 2)])];
      const fn = withGradients(inputs, (x, v) =>
        F.batchNorm(x!, null, null, given === 1 ? v! : null, given === 2 ? v! : null, { training: true }),
      );
      await expectFused(fn, await composed(fn), forward, { rtol: 1e-4, atol: 1e-5 });
    }
  });

  it('moves the running statistics as the composition does', async () => {
    const fn: Computation = () => {
      const [mean, variance] = [new StateBuffer(tf.ones([5])), new StateBuffer(tf.fill([5], 2))];
      for (const seed of [1, 2]) F.batchNorm(normal([30, 5], seed, 4), mean, variance, null, null, { training: true });
      const moved = [tf.clone(mean.value), tf.clone(variance.value)];
      mean.dispose();
      variance.dispose();
      return moved;
    };
    await expectFused(fn, await composed(fn), [kernels.GroupedNorm], { rtol: 1e-5, atol: 0 });
  });

  it('keeps the digits of numbers far from zero', async () => {
    await native();
    // exact in float32: 10000 ± 1, half each, so the variance is 1
    const n = 60_000;
    const x = Float32Array.from({ length: n * 3 }, (_, i) => 10_000 + (Math.floor(i / 3) % 2 === 0 ? 1 : -1));
    const [y] = valuesOf(() => [F.batchNorm(tf.tensor(x, [n, 3]), null, null, null, null, { training: true, eps: 0 })]);
    expect(
      compareValues(
        y!,
        x.map((v) => v - 10_000),
        { rtol: 1e-6, atol: 0 },
      ).message,
    ).toBe('equal within tolerance');
  });

  it('with fixed statistics', async () => {
    const statistics = (): StateBuffer[] => [new StateBuffer(normal([7], 5)), new StateBuffer(tf.abs(normal([7], 6)))];
    for (const [affine, activation] of [
      [true, undefined],
      [true, 'relu'],
      [false, 'relu'],
      [false, undefined],
    ] as const) {
      const fn = withGradients(
        () => [normal([300, 5, 7], 1), ...(affine ? [normal([7], 2), normal([7], 3)] : [])],
        (x, w, b) => {
          const [mean, variance] = statistics();
          const y = F.batchNorm(x!, mean!, variance!, w ?? null, b ?? null, { activation });
          mean!.dispose();
          variance!.dispose();
          return y;
        },
      );
      await expectFused(fn, await composed(fn), fixed);
    }
  });

  it('has a gradient of its gradient', async () => {
    const penalty = (x: tf.Tensor): tf.Tensor =>
      tf.sum(
        tf.square(
          tf.grad((x: tf.Tensor) =>
            tf.sum(
              tf.square(
                F.batchNorm(x, null, null, tf.tensor1d([1, 2, 3]), null, { training: true, activation: 'relu' }),
              ),
            ),
          )(x),
        ),
      );
    const fn: Computation = () => [tf.grad(penalty)(normal([6, 3], 1))];
    const expected = await composed(fn);
    await native();
    expect(compareValues(valuesOf(fn)[0]!, expected[0]!, { rtol: 1e-3, atol: 1e-4 }).message).toBe(
      'equal within tolerance',
    );
  });

  it('spreads NaN within its channel', async () => {
    await native();
    const [y] = valuesOf(() => {
      const x = normal([40, 2], 1).dataSync();
      x[10] = NaN;
      return [F.batchNorm(tf.tensor(x, [40, 2]), null, null, null, null, { training: true, activation: 'relu' })];
    });
    y!.forEach((value, i) => expect(Number.isNaN(value)).toBe(i % 2 === 0));
  });
});

describe('group and instance norm', () => {
  it.each([
    [[1, 4, 6], 2],
    [[3, 700, 6], 3],
    [[2, 5, 5, 12], 1],
    [[2, 1, 300], 100],
    [[33, 9, 4], 4],
  ])('of %j in %i groups', async (shape, groups) => {
    const c = shape.at(-1)!;
    const inputs = (): tf.Tensor[] => [normal(shape, 1, 3, 2), normal([c], 2), normal([c], 3)];
    const fn = withGradients(inputs, (x, w, b) => F.groupNorm(x!, groups, w!, b!));
    await expectFused(fn, await composed(fn), forward, { rtol: 1e-4, atol: 2e-5 });
  });

  it('instance norm moves running statistics', async () => {
    const fn: Computation = () => {
      const [mean, variance] = [new StateBuffer(tf.zeros([5])), new StateBuffer(tf.ones([5]))];
      const y = F.instanceNorm(normal([3, 4, 5], 1), mean, variance);
      const moved = [tf.clone(mean.value), tf.clone(variance.value)];
      mean.dispose();
      variance.dispose();
      return [y, ...moved];
    };
    await expectFused(fn, await composed(fn), [kernels.GroupedNorm]);
  });
});

describe('layer norm and root-mean-square norm', () => {
  const rows = [kernels.RowNorm, kernels.RowNormGrad];

  it.each([[[1, 1]], [[3, 5]], [[40, 17]], [[7, 2, 33]], [[400, 48]], [[3, 10_001]], [[2, 3, 4, 5]]])(
    'of %j',
    async (shape) => {
      const tail = shape.slice(shape.length === 4 ? 2 : -1);
      const inputs = (): tf.Tensor[] => [normal(shape, 1, 3, 2), normal(tail, 2), normal(tail, 3)];
      const tolerance = { rtol: 1e-4, atol: 2e-5 };
      for (const fn of [
        withGradients(inputs, (x, w, b) => F.layerNorm(x!, tail, w!, b!)),
        withGradients(
          () => inputs().slice(0, 2),
          (x, w) => F.layerNorm(x!, tail, w!),
        ),
        withGradients(
          () => inputs().slice(0, 2),
          (x, b) => F.layerNorm(x!, tail, null, b!),
        ),
        withGradients(
          () => inputs().slice(0, 1),
          (x) => F.layerNorm(x!, tail),
        ),
        withGradients(
          () => inputs().slice(0, 2),
          (x, w) => F.rmsNorm(x!, tail, w!),
        ),
        withGradients(
          () => inputs().slice(0, 1),
          (x) => F.rmsNorm(x!, tail),
        ),
      ]) {
        await expectFused(fn, await composed(fn), rows, tolerance);
      }
    },
  );

  it('spreads NaN within its row', async () => {
    await native();
    const [y] = valuesOf(() => {
      const x = normal([4, 40], 1).dataSync();
      x[50] = NaN;
      x[130] = Infinity;
      return [F.layerNorm(tf.tensor(x, [4, 40]), [40])];
    });
    y!.forEach((value, i) => expect(Number.isNaN(value)).toBe(Math.floor(i / 40) % 2 === 1));
  });
});

it('nothing to normalise', async () => {
  await native();
  const shapes = [
    [0, 3],
    [2, 0, 3],
    [4, 0],
  ];
  for (const shape of shapes) {
    const c = shape.at(-1)!;
    const affine = (): [tf.Tensor, tf.Tensor] => [tf.ones([c]), tf.zeros([c])];
    const [mean, variance] = [new StateBuffer(tf.zeros([c])), new StateBuffer(tf.ones([c]))];
    for (const f of [
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => F.batchNorm(x, mean, variance, w, b),
      ...(c > 0 ? [(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => F.groupNorm(x, c, w, b)] : []),
      (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => F.layerNorm(x, [c], w, b),
    ]) {
      const fn: Computation = () => [f(tf.zeros(shape), ...affine()), ...tf.grads(f)([tf.zeros(shape), ...affine()])];
      const [y, dx, dw, db] = valuesOf(fn);
      expect([y!.length, dx!.length]).toEqual([0, 0]);
      expect([dw, db]).toEqual([new Float32Array(c), new Float32Array(c)]);
    }
    mean.dispose();
    variance.dispose();
  }
});

it('a batch norm in a sequence takes the ReLU after it over', async () => {
  const fn: Computation = () => {
    const model = new Sequential(new BatchNorm2d(3), new ReLU(), new ReLU());
    const x = normal([2, 4, 4, 3], 1);
    const results = [model.forward(x), model.eval().forward(x)];
    model.dispose();
    return results;
  };
  await expectFused(fn, await composed(fn), [kernels.GroupedNorm, kernels.FixedNorm]);
  const { kernels: run } = await tf.profile(() => tf.tidy(() => void fn()));
  expect(run.filter(({ name }) => name === tf.Relu)).toHaveLength(2);
});
