import * as tf from '@tensorflow/tfjs-core';
import { Generator, InvalidArgumentError, losses, normalTensor, useBackend } from '@hourglass/core';
import { capability, expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const checks = capability('checks of values');

/** -Σ q log softmax(x), in double precision. */
function reference(x: readonly number[], q: readonly number[]): number {
  const most = Math.max(...x);
  const lse = most + Math.log(x.reduce((sum, v) => sum + Math.exp(v - most), 0));
  return q.reduce((sum, share, c) => sum + (share === 0 ? 0 : share * (lse - x[c]!)), 0);
}

describe.each(testBackends('wasm', 'cpu'))('cross entropy on %s', (backend) => {
  let x: tf.Tensor;
  let y: tf.Tensor;
  let weight: tf.Tensor;

  beforeAll(async () => {
    await useBackend(backend);
    x = normalTensor([2, 2, 3, 4], 0, 2, new Generator(1));
    y = tf.tensor([0, 3, 255, 1, 2, 2, 255, 0, 3, 1, 1, 2], [2, 2, 3], 'int32');
    weight = tf.tensor1d([0.5, 1, 2, 0.25]);
  });

  it('leaves ignored labels out of the sum and of the mean', () => {
    const rows = tf.reshape(x, [12, 4]).arraySync() as number[][];
    const labels = [...y.dataSync<'int32'>()];
    const each = rows.map((row, i) => (labels[i] === 255 ? 0 : reference(row, oneHot(labels[i]!))));
    const sum = each.reduce((a, b) => a + b, 0);
    expectValues(losses.crossEntropy(x, y, { ignoreIndex: 255, reduction: 'none' }), each);
    expectValues(losses.crossEntropy(x, y, { ignoreIndex: 255, reduction: 'sum' }), [sum]);
    expectValues(losses.crossEntropy(x, y, { ignoreIndex: 255 }), [sum / 10]);
  });

  it('divides the mean by the weights of the labels that count', () => {
    const none = losses.crossEntropy(x, y, { ignoreIndex: 255, weight, reduction: 'sum' });
    const mean = losses.crossEntropy(x, y, { ignoreIndex: 255, weight });
    const labels = [...y.dataSync<'int32'>()].filter((label) => label !== 255);
    const weights = labels.map((label) => weight.dataSync()[label]!);
    expectClose(
      tf.mul(
        mean,
        weights.reduce((a, b) => a + b, 0),
      ),
      none,
    );
  });

  it('equals the loss against smoothed distributions', () => {
    const labels = tf.tensor1d([1, 3, 0], 'int32');
    const rows = tf.slice(tf.reshape(x, [12, 4]), [0, 0], [3, 4]);
    const soft = tf.cast(tf.oneHot(labels, 4), 'float32');
    const options = { labelSmoothing: 0.3, reduction: 'none', weight } as const;
    expectClose(losses.crossEntropy(rows, labels, options), losses.crossEntropy(rows, soft, options));
  });

  it('stays exact for large logits, and finite beside a class ruled out by -infinity', () => {
    const logits = tf.tensor2d([1000, 0, -1000, -Infinity, 2, 1], [2, 3]);
    const loss = losses.crossEntropy(logits, tf.tensor1d([2, 1], 'int32'), { reduction: 'none' });
    expectValues(loss, [2000, Math.log(1 + Math.exp(-1))]);
  });

  it.each([
    {},
    { reduction: 'sum' },
    { reduction: 'none', labelSmoothing: 0.2 },
    { ignoreIndex: 255, labelSmoothing: 0.1, weighted: true },
  ] as const)('has the right gradient with %o', ({ weighted, ...options }: { weighted?: boolean } & object) => {
    const all = { ignoreIndex: 255, ...options, ...(weighted ? { weight } : {}) };
    expectGradient((logits) => losses.crossEntropy(logits, y, all), [x]);
  });

  it('differentiates distributions too', () => {
    const rows = tf.slice(tf.reshape(x, [12, 4]), [0, 0], [3, 4]);
    const target = tf.softmax(tf.slice(tf.reshape(x, [12, 4]), [5, 0], [3, 4]));
    expectGradient((a, b) => losses.crossEntropy(a, b, { weight, labelSmoothing: 0.1 }), [rows, target]);
  });

  it('can be differentiated twice', () => {
    const rows = tf.slice(tf.reshape(x, [12, 4]), [0, 0], [3, 4]);
    const labels = tf.tensor1d([1, 3, 0], 'int32');
    expectGradient((logits) => tf.grad((l) => losses.crossEntropy(l, labels, { labelSmoothing: 0.1 }))(logits), [rows]);
  });

  it('leaves no tensor behind, also when it throws', () => {
    const step = (): void =>
      tf.dispose(tf.valueAndGrad((l: tf.Tensor) => losses.crossEntropy(l, y, { ignoreIndex: 255, weight }))(x));
    step();
    const before = tf.memory().numTensors;
    step();
    expect(() => losses.crossEntropy(x, y, { weight, labelSmoothing: -1 })).toThrow(InvalidArgumentError);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(checks.isMissing)(checks.title('names a label that is no class'), () => {
    expect(() => losses.crossEntropy(x, y)).toThrow(/holds class 255, but there are 4 classes.*ignoreIndex/);
  });

  it('names shapes that do not fit', () => {
    expect(() => losses.crossEntropy(x, tf.zeros([2, 2], 'int32'))).toThrow(
      /\[2, 2, 3, 4\].*\[2, 2, 3\], got \[2, 2\]/,
    );
    expect(() => losses.crossEntropy(x, y, { weight: tf.ones([3]), ignoreIndex: 255 })).toThrow(/4 classes/);
    expect(() => losses.crossEntropy(x, y, { labelSmoothing: 2 })).toThrow(/labelSmoothing/);
    expect(() => losses.crossEntropy(x, y, { reduction: 'batchmean' as 'mean' })).toThrow(/unknown reduction/);
  });

  it('is the negative log likelihood of log softmax', () => {
    const options = { ignoreIndex: 255, weight };
    expectClose(losses.nllLoss(tf.logSoftmax(x), y, options), losses.crossEntropy(x, y, options));
  });
});

function oneHot(label: number): number[] {
  return [0, 1, 2, 3].map((c) => (c === label ? 1 : 0));
}
