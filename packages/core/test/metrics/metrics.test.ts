import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError, Generator, metrics } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

const generator = new Generator(5);
const uniform = (count: number): number[] => Array.from({ length: count }, () => generator.uniform(0, 1));
const labels = (count: number, classes: number): number[] => uniform(count).map((x) => Math.floor(x * classes));

beforeAll(async () => {
  await useTestBackend('wasm');
});

describe('ConfusionMatrix', () => {
  it('counts, leaves out ignored pixels, and derives its figures', () => {
    const matrix = new metrics.ConfusionMatrix({ classes: 3, ignoreIndex: 255 });
    matrix.update(
      tf.tensor2d([[0, 0, 1, 1, 2]], undefined, 'int32'),
      tf.tensor2d([[0, 1, 1, 255, 1]], undefined, 'int32'),
    );
    expect(matrix.matrix()).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    const { iou, dice, classAccuracy, precision, meanIou, meanDice, meanAccuracy, pixelAccuracy } = matrix.compute();
    expect(iou).toEqual([1 / 2, 1 / 3, 0]);
    expect(dice).toEqual([2 / 3, 1 / 2, 0]);
    expect(classAccuracy).toEqual([1, 1 / 3, NaN]);
    expect(precision).toEqual([1 / 2, 1, 0]);
    expect(meanIou).toBeCloseTo(5 / 18);
    expect(meanDice).toBeCloseTo(7 / 18);
    expect(meanAccuracy).toBeCloseTo(2 / 3);
    expect(pixelAccuracy).toBe(2 / 4);
  });

  it('averages over the classes that occur', () => {
    const matrix = new metrics.ConfusionMatrix({ classes: 5 });
    matrix.update(new Uint8Array([0, 1]), new Uint8Array([0, 1]));
    expect(matrix.compute().iou).toEqual([1, 1, NaN, NaN, NaN]);
    expect(matrix.compute().meanIou).toBe(1);
  });

  it('counts nothing of a batch with a label that is no class', () => {
    const matrix = new metrics.ConfusionMatrix({ classes: 2 });
    expect(() => matrix.update([0, 1], [0, 2])).toThrow('label 2, which is none of the classes 0 to 1');
    expect(() => matrix.update([0, 7], [0, 1])).toThrow('the predictions hold label 7');
    expect(() => matrix.update([0], [0, 1])).toThrow('1 predictions for 2 targets');
    expect(matrix.compute().pixelAccuracy).toBeNaN();
  });
});

describe('streaming', () => {
  const [truth, guesses, scores, flags] = [labels(40, 4), labels(40, 4), uniform(40), labels(40, 2)];
  const images = [uniform(2 * 12 * 12 * 2), uniform(2 * 12 * 12 * 2)];
  const shape = [1, 12, 12, 2];
  type Streaming = metrics.Metric<unknown> & { update(a: metrics.MetricValues, b: metrics.MetricValues): void };
  const half = (x: number[], i: number): number[] => x.slice((i * x.length) / 2, ((i + 1) * x.length) / 2);
  const cases: Array<[string, () => Streaming, number[], number[]]> = [
    ['ConfusionMatrix', () => new metrics.ConfusionMatrix({ classes: 4 }), guesses, truth],
    ['Accuracy', () => new metrics.Accuracy(), guesses, truth],
    ['MeanAbsoluteError', () => new metrics.MeanAbsoluteError(), scores, truth],
    ['RootMeanSquaredError', () => new metrics.RootMeanSquaredError(), scores, truth],
    ['RocAuc', () => new metrics.RocAuc(), scores, flags],
    ['AveragePrecision', () => new metrics.AveragePrecision(), scores, flags],
  ];

  it.each(cases)('%s: batches and a state in between change nothing', (_, make, predictions, targets) => {
    const whole = make();
    whole.update(predictions, targets);
    const first = make();
    first.update(half(predictions, 0), half(targets, 0));
    const resumed = make();
    resumed.loadState(JSON.parse(JSON.stringify(first.state())) as metrics.MetricState);
    resumed.update(half(predictions, 1), half(targets, 1));
    expect(
      JSON.parse(JSON.stringify(resumed.compute()), (_, x) => (typeof x === 'number' ? +x.toFixed(9) : x)),
    ).toEqual(JSON.parse(JSON.stringify(whole.compute()), (_, x) => (typeof x === 'number' ? +x.toFixed(9) : x)));
    expect(() => make().loadState({})).toThrow(CheckpointError);
    whole.reset();
    expect(JSON.stringify(whole.compute())).toBe(JSON.stringify(make().compute()));
  });

  it('image metrics: one image after the other is the same as both at once', () => {
    for (const make of [() => new metrics.PSNR(), () => new metrics.SSIM({ windowSize: 7 })]) {
      const [whole, parts] = [make(), make()];
      whole.update(tf.tensor(images[0]!, [2, 12, 12, 2]), tf.tensor(images[1]!, [2, 12, 12, 2]));
      for (const i of [0, 1])
        parts.update(tf.tensor(half(images[0]!, i), shape), tf.tensor(half(images[1]!, i), shape));
      expect(parts.compute()).toBeCloseTo(whole.compute(), 6);
    }
  });
});

describe('Accuracy', () => {
  it('takes the highest scores, the earlier of equal ones', () => {
    const scores = tf.tensor2d([
      [0.1, 0.7, 0.2],
      [0.5, 0.5, 0],
      [0.3, 0.3, 0.4],
    ]);
    const targets = tf.tensor1d([1, 1, 0], 'int32');
    const accuracy = (topK: number): number => {
      const metric = new metrics.Accuracy({ topK });
      metric.update(scores, targets);
      return metric.compute();
    };
    expect([accuracy(1), accuracy(2), accuracy(3)]).toEqual([1 / 3, 1, 1]);
    const ignoring = new metrics.Accuracy({ ignoreIndex: 0 });
    ignoring.update(scores, targets);
    expect(ignoring.compute()).toBe(1 / 2);
    expect(() => new metrics.Accuracy().update(scores, [0, 1])).toThrow('for 2 targets');
  });

  it('counts a score that is not a number as wrong', () => {
    const metric = new metrics.Accuracy();
    metric.update(tf.tensor2d([[NaN, NaN]]), [0]);
    expect(metric.compute()).toBe(0);
  });
});

describe('ranking', () => {
  it('the area is the share of pairs in the right order, ties counting half', () => {
    const scores = uniform(60).map((x) => Math.round(x * 8) / 8);
    const flags = labels(60, 2);
    let [right, pairs] = [0, 0];
    for (const [i, positive] of flags.entries()) {
      for (const [j, negative] of flags.entries()) {
        if (positive !== 1 || negative !== 0) continue;
        pairs++;
        right += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
      }
    }
    const auc = new metrics.RocAuc();
    auc.update(scores, flags);
    expect(auc.compute()).toBeCloseTo(right / pairs, 12);
  });

  it('average precision follows its definition', () => {
    const metric = new metrics.AveragePrecision();
    // sklearn.metrics.average_precision_score's own example
    metric.update([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
    expect(metric.compute()).toBeCloseTo(0.8333333333, 9);
    const none = new metrics.AveragePrecision();
    none.update([0.3], [0]);
    expect(none.compute()).toBeNaN();
    expect(() => none.update([0.3], [2])).toThrow('label 0 is 2');
  });
});

describe('images', () => {
  it('PSNR of a constant error, and of equal images', () => {
    const psnr = new metrics.PSNR({ dataRange: 255 });
    psnr.update(tf.mul(tf.ones([1, 4, 4, 3]), 5), tf.zeros([1, 4, 4, 3]));
    expect(psnr.compute()).toBeCloseTo(20 * Math.log10(255 / 5), 6);
    const equal = new metrics.PSNR();
    equal.update(tf.ones([1, 2, 2, 1]), tf.ones([1, 2, 2, 1]));
    expect(equal.compute()).toBe(Infinity);
  });

  it('SSIM is 1 for equal images, falls with noise, and of two constants follows the formula', () => {
    const image = tf.randomUniform([1, 16, 16, 3], 0, 1, 'float32', 1);
    const of = (a: tf.Tensor, b: tf.Tensor): number => {
      const ssim = new metrics.SSIM();
      ssim.update(a, b);
      return ssim.compute();
    };
    expect(of(image, image)).toBeCloseTo(1, 9);
    const noise = tf.randomNormal(image.shape, 0, 1, 'float32', 2);
    const [little, much] = [0.05, 0.3].map((level) => of(image, tf.add(image, tf.mul(noise, level))));
    expect(little).toBeLessThan(1);
    expect(much).toBeLessThan(little!);
    const c1 = 0.01 ** 2;
    expect(of(tf.div(tf.ones([1, 16, 16, 1]), 2), tf.div(tf.ones([1, 16, 16, 1]), 4))).toBeCloseTo(
      (2 * 0.125 + c1) / (0.25 + 0.0625 + c1),
      6,
    );
    expect(() => of(tf.zeros([1, 8, 8, 1]), tf.zeros([1, 8, 8, 1]))).toThrow('smaller than the window');
  });
});

describe('getStats', () => {
  it('agrees with the confusion matrix', () => {
    const [p, t] = [labels(48, 3), labels(48, 3)];
    const stats = metrics.getStats(p, t, { mode: 'multiclass', numClasses: 3, shape: [4, 12] });
    const matrix = new metrics.ConfusionMatrix({ classes: 3 });
    matrix.update(p, t);
    expect(metrics.iouScore(stats, 'macro')).toBeCloseTo(matrix.compute().meanIou, 12);
    expect(metrics.f1Score(stats, 'macro')).toBeCloseTo(matrix.compute().meanDice, 12);
  });

  it('refuses options that do not go together', () => {
    const stats = (options: metrics.StatsOptions) => () => metrics.getStats([0, 1], [0, 1], options);
    expect(stats({ mode: 'multiclass' })).toThrow('needs numClasses');
    expect(stats({ mode: 'multiclass', numClasses: 2, ignoreIndex: 1 })).toThrow('one of the classes');
    expect(stats({ mode: 'binary', ignoreIndex: 1 })).toThrow('no ignoreIndex');
    expect(() => metrics.getStats([0.5], [1], { mode: 'binary' })).toThrow('pass a threshold');
    const counted = metrics.getStats([0, 1], [0, 1], { mode: 'multiclass', numClasses: 2 });
    expect(() => metrics.iouScore(counted, 'weighted')).toThrow('needs classWeights');
    expect(() => metrics.iouScore(counted, 'macro', { classWeights: [1] })).toThrow('1 class weights for 2 classes');
  });

  it('takes 0 / 0 as told', () => {
    const empty = metrics.getStats([0], [0], { mode: 'multiclass', numClasses: 2 });
    expect(metrics.iouScore(empty, 'macro')).toBe(1);
    expect(metrics.iouScore(empty, 'macro', { zeroDivision: 0 })).toBe(0.5);
  });
});
