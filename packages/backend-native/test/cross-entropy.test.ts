import * as tf from '@tensorflow/tfjs-core';
import { Generator, InvalidArgumentError, kernels, losses, normalTensor } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { composed, expectFused, native, valuesOf, type Computation } from './support/fused.js';

const all = [kernels.SoftmaxCrossEntropy, kernels.SoftmaxCrossEntropyGrad, kernels.LabelRange];
/** The mean is weighted. */
const ofMean = [...all, kernels.LabelWeights];

function logits(shape: readonly number[], deviation = 3): tf.Tensor {
  return normalTensor(shape, 0, deviation, new Generator(1));
}

/** Labels of which every seventh is ignored. */
function labels(shape: readonly number[], classes: number, ignored: number): tf.Tensor {
  const generator = new Generator(2);
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(
    Int32Array.from({ length: size }, (_, i) => (i % 7 === 3 ? ignored : generator.integer(0, classes))),
    [...shape],
    'int32',
  );
}

function weights(classes: number): tf.Tensor {
  return tf.abs(normalTensor([classes], 1, 0.5, new Generator(3)));
}

/** Loss and gradient of the logits. */
function lossAndGradient(make: () => tf.Tensor, loss: (x: tf.Tensor) => tf.Tensor): Computation {
  return () => {
    const x = make();
    const y = loss(x);
    const dy = normalTensor(y.shape, 0, 1, new Generator(4));
    return [y, tf.grad(loss)(x, dy)];
  };
}

describe('cross entropy of labels', () => {
  // few classes: rows side by side in a vector; many: classes
  it.each([
    [[1, 2]],
    [[3, 2]],
    [[17, 3]],
    [[2, 16, 17, 21]],
    [[40, 48]],
    [[40, 49]],
    [[5, 100]],
    [[9, 1000]],
    [[2, 9001]],
    [[7]],
  ])('of logits %j', async (shape) => {
    const classes = shape.at(-1)!;
    for (const weighted of [false, true]) {
      for (const labelSmoothing of [0, 0.1]) {
        for (const reduction of ['none', 'mean'] as const) {
          const fn = lossAndGradient(
            () => logits(shape),
            (x) =>
              losses.crossEntropy(x, labels(shape.slice(0, -1), classes, -100), {
                ...(weighted && { weight: weights(classes) }),
                labelSmoothing,
                reduction,
              }),
          );
          await expectFused(fn, await composed(fn), reduction === 'mean' ? ofMean : all, { rtol: 5e-5, atol: 2e-6 });
        }
      }
    }
  });

  it('an ignored label among the classes, and none that counts', async () => {
    const fn = lossAndGradient(
      () => logits([30, 5]),
      (x) => losses.crossEntropy(x, labels([30], 5, 2), { ignoreIndex: 2, reduction: 'sum' }),
    );
    await expectFused(fn, await composed(fn), all);
    const [mean] = valuesOf(() => [losses.crossEntropy(logits([3, 5]), tf.fill([3], -100, 'int32'))]);
    expect(mean).toEqual(new Float32Array([NaN]));
  });

  it('keeps digits of logits far from zero, and rules classes out by -Infinity', async () => {
    await native();
    const [loss, gradient] = valuesOf(
      lossAndGradient(
        () => tf.tensor2d([1000, 1001, -1e30, -1000, -1001, -Infinity], [2, 3]),
        (x) => losses.crossEntropy(x, tf.tensor1d([0, 0], 'int32'), { reduction: 'none' }),
      ),
    );
    const expected = [Math.log(1 + Math.E), Math.log(1 + 1 / Math.E)];
    expect(compareValues(loss!, expected, { rtol: 1e-6, atol: 0 }).message).toBe('equal within tolerance');
    expect(gradient!.every(Number.isFinite)).toBe(true);
  });

  it('NaN spreads in its row', async () => {
    await native();
    const values = (classes: number): Float32Array[] =>
      valuesOf(
        lossAndGradient(
          () => {
            const x = logits([20, classes]).dataSync();
            x[5 * classes + classes - 1] = NaN;
            return tf.tensor(x, [20, classes]);
          },
          (x) => losses.crossEntropy(x, tf.zeros([20], 'int32'), { reduction: 'none' }),
        ),
      );
    for (const classes of [3, 70]) {
      const [loss, gradient] = values(classes);
      loss!.forEach((value, row) => expect(Number.isNaN(value)).toBe(row === 5));
      gradient!.forEach((value, i) => expect(Number.isNaN(value)).toBe(Math.floor(i / classes) === 5));
    }
  });

  it('no rows', async () => {
    await native();
    expect(
      valuesOf(() => [losses.crossEntropy(tf.zeros([0, 4]), tf.zeros([0], 'int32'), { reduction: 'none' })]),
    ).toEqual([new Float32Array(0)]);
  });

  it('has a gradient of its gradient', async () => {
    const fn: Computation = () => {
      const slope = tf.grad((x: tf.Tensor) => losses.crossEntropy(x, labels([6], 4, -100), { labelSmoothing: 0.1 }));
      return [tf.grad((x: tf.Tensor) => tf.sum(tf.square(slope(x))))(logits([6, 4]))];
    };
    const expected = await composed(fn);
    await native();
    expect(compareValues(valuesOf(fn)[0]!, expected[0]!).message).toBe('equal within tolerance');
  });

  it('a label that is no class is an error that names it', async () => {
    await native();
    const loss = (label: number): void =>
      void valuesOf(() => [losses.crossEntropy(logits([3, 5]), tf.tensor1d([1, label, -100], 'int32'))]);
    expect(() => loss(5)).toThrow(InvalidArgumentError);
    expect(() => loss(5)).toThrow(/holds class 5, but there are 5 classes/);
    expect(() => loss(-1)).toThrow(/holds class -1/);
    loss(4);
  });

  it('the kernels themselves refuse such a label', async () => {
    await native();
    const inputs = { logits: tf.zeros([2, 3]), target: tf.tensor1d([0, 3], 'int32'), weight: undefined };
    const attrs = { ignoreIndex: -100, labelSmoothing: 0 };
    expect(() => kernels.SoftmaxCrossEntropy.run(inputs, attrs)).toThrow(/not a class/);
    expect(() => kernels.LabelWeights.run(inputs, { classes: 3, ignoreIndex: -100 })).toThrow(/not a class/);
    const saved = { dy: tf.zeros([2]), largest: tf.zeros([2]), logSum: tf.zeros([2]) };
    expect(() => kernels.SoftmaxCrossEntropyGrad.run({ ...inputs, ...saved }, attrs)).toThrow(/not a class/);
  });
});
