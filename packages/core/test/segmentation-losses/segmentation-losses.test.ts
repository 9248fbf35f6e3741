import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { losses } from '@hourglass/core';
import { capability, expectGradient, useTestBackend } from '@hourglass/core/testing';

const checks = capability('checks of values');

let posWeight: tf.Tensor;

type Loss = (logits: tf.Tensor, target: tf.Tensor) => tf.Tensor;

const logits = (shape: number[], seed = 1): tf.Tensor => tf.randomNormal(shape, 0, 1.5, 'float32', seed);
const labels = (shape: number[], classes: number): tf.Tensor => tf.randomUniform(shape, 0, classes, 'int32', 2);
const soft = (shape: number[]): tf.Tensor => tf.randomUniform(shape, 0.1, 0.9, 'float32', 3);
const value = (loss: tf.Tensor): number => loss.dataSync()[0]!;

const multiclass: Record<string, Loss> = {
  dice: (x, t) => losses.dice(x, t, { mode: 'multiclass', smooth: 0.3, classWeights: [1, 2, 3], ignoreIndex: 1 }),
  jaccard: (x, t) => losses.jaccard(x, t, { mode: 'multiclass', logLoss: true, classes: [0, 2] }),
  tversky: (x, t) => losses.tversky(x, t, { mode: 'multiclass', alpha: 0.3, beta: 0.7, gamma: 1.5 }),
  focal: (x, t) => losses.focal(x, t, { mode: 'multiclass', alpha: 0.3, normalized: true, ignoreIndex: 0 }),
  'focal, reduced': (x, t) => losses.focal(x, t, { mode: 'multiclass', gamma: 1.5, reducedThreshold: 0.5 }),
  lovasz: (x, t) => losses.lovasz(x, t, { mode: 'multiclass', perImage: true, ignoreIndex: 2 }),
  softCrossEntropy: (x, t) => losses.softCrossEntropy(x, t, { smoothFactor: 0.1, ignoreIndex: 1 }),
};

const elementwise: Record<string, Loss> = {
  dice: (x, t) => losses.dice(x, t, { mode: 'multilabel' }),
  jaccard: (x, t) => losses.jaccard(x, t, { mode: 'binary' }),
  focal: (x, t) => losses.focal(x, t, { mode: 'multilabel', alpha: 0.3 }),
  lovasz: (x, t) => losses.lovasz(x, t, { mode: 'multilabel', perImage: true }),
  softBceWithLogits: (x, t) => losses.softBceWithLogits(x, t, { smoothFactor: 0.1, posWeight, ignoreIndex: null }),
  mcc: (x, t) => tf.tidy(() => losses.mcc(tf.sigmoid(x), t)),
};

beforeAll(async () => {
  await useTestBackend('wasm');
  posWeight = tf.tensor1d([2]);
});

describe('gradients', () => {
  it.each(Object.entries(multiclass))('%s of labels is that of finite differences', (_, loss) => {
    expectGradient((x) => loss(x!, labels([2, 3, 4], 3)), [logits([2, 3, 4, 3])]);
  });

  it.each(Object.entries(elementwise))('%s of masks, with respect to prediction and target', (_, loss) => {
    expectGradient((x, t) => loss(x!, t!), [logits([2, 3, 4, 1]), soft([2, 3, 4, 1])], { step: 2e-3, rtol: 0.03 });
  });

  it.each(Object.entries({ ...multiclass, ...elementwise }))(
    '%s leaves nothing behind, also when it throws',
    (name, loss) => {
      const x = logits([2, 3, 4, 3]);
      const t = name in multiclass && multiclass[name] === loss ? labels([2, 3, 4], 3) : soft([2, 3, 4, 3]);
      const wrong = tf.zeros([1, 7]);
      const { numTensors } = tf.memory();
      for (let i = 0; i < 3; i++) {
        const { value: y, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(z, t) as tf.Scalar)(x);
        tf.dispose([y, grad]);
        expect(() => loss(x, wrong)).toThrow(/shape|fit|targets/);
      }
      expect(tf.memory().numTensors).toBe(numTensors);
    },
  );
});

describe('region losses', () => {
  it('are near 0 for a perfect prediction, and count an absent class as 0', () => {
    const truth = tf.tensor3d(
      [
        [
          [0, 1],
          [2, 2],
        ],
      ],
      undefined,
      'int32',
    );
    const perfect = tf.mul(tf.oneHot(truth as unknown as tf.Tensor1D, 4), 50);
    for (const loss of [losses.dice, losses.jaccard])
      expect(value(loss(perfect, truth, { mode: 'multiclass' }))).toBeCloseTo(0, 5);
  });

  it('agree: jaccard = tversky with 1, 1; dice = tversky with 0.5, 0.5', () => {
    const [x, t] = [logits([2, 5, 5, 3]), labels([2, 5, 5], 3)];
    const tversky = (alpha: number): number => value(losses.tversky(x, t, { mode: 'multiclass', alpha, beta: alpha }));
    expect(tversky(0.5)).toBeCloseTo(value(losses.dice(x, t, { mode: 'multiclass' })), 6);
    expect(tversky(1)).toBeCloseTo(value(losses.jaccard(x, t, { mode: 'multiclass' })), 6);
  });

  it.each(['dice', 'focal', 'lovasz'] as const)('%s does not see ignored pixels', (name) => {
    const x = logits([1, 4, 4, 3]);
    const t = labels([1, 4, 4], 3);
    const marked = tf.tensor(
      t.dataSync().map((label, i) => (i < 8 ? 255 : label)),
      t.shape,
      'int32',
    );
    const cut = (y: tf.Tensor): tf.Tensor => tf.slice(y, [0, 2], [1, 2]);
    const ignoring = value(losses[name](x, marked, { mode: 'multiclass', ignoreIndex: 255 }));
    expect(ignoring).toBeCloseTo(value(losses[name](cut(x), cut(t), { mode: 'multiclass' })), 5);
  });

  it.skipIf(checks.isMissing).each(['dice', 'focal', 'lovasz'] as const)(
    checks.title('%s names a label that is no class'),
    (name) => {
      const marked = tf.fill([1, 4, 4], 255, 'int32');
      expect(() => losses[name](logits([1, 4, 4, 3]), marked, { mode: 'multiclass' })).toThrow('255');
    },
  );

  it('take a binary mask with or without a channel axis', () => {
    const [x, t] = [logits([2, 3, 4, 1]), soft([2, 3, 4])];
    for (const name of ['dice', 'focal', 'lovasz'] as const) {
      const [a, b] = [x, tf.squeeze(x, [-1])].map((y) => value(losses[name](y, t, { mode: 'binary' })));
      expect(a).toBeCloseTo(b!, 6);
    }
  });
});

describe('lovasz', () => {
  it('is the Jaccard loss itself at the corners: a hard prediction', () => {
    // class 1: 2 pixels hit, 1 missed, 1 false; class 0 likewise mirrored
    const t = tf.tensor3d([[[1, 1, 1, 0, 0, 0]]], undefined, 'int32');
    const p = tf.tensor3d([[[1, 1, 0, 1, 0, 0]]], undefined, 'int32');
    const hard = tf.mul(tf.oneHot(p as unknown as tf.Tensor1D, 2), 100);
    expect(value(losses.lovasz(hard, t, { mode: 'multiclass' }))).toBeCloseTo(1 - 2 / 4, 5);
  });

  it('sorts any sizes and signs of errors as a plain sort does', () => {
    const [x, t] = [tf.mul(logits([1, 300, 1]), 40), tf.cast(labels([1, 300, 1], 2), 'float32')];
    const [xs, ts] = [x.dataSync<'float32'>(), t.dataSync<'float32'>()];
    const errors = Array.from(xs, (v, i) => [1 - v * (2 * ts[i]! - 1), ts[i]!] as const).sort((a, b) => b[0] - a[0]);
    const total = ts.reduce((sum, label) => sum + label, 0);
    let [seen, last, expected] = [0, 0, 0];
    errors.forEach(([error, label], k) => {
      seen += label;
      const loss = 1 - (total - seen) / (total + k + 1 - seen);
      expected += Math.max(0, error) * (loss - last);
      last = loss;
    });
    expect(value(losses.lovasz(x, t, { mode: 'binary' }))).toBeCloseTo(expected, 3);
  });

  it('is 0, with no gradient, when no pixel counts', () => {
    const t = tf.tensor3d([255, 255, 255, 255], [1, 2, 2], 'int32');
    const { value: y, grad } = tf.valueAndGrad(
      (x: tf.Tensor) => losses.lovasz(x, t, { mode: 'multiclass', ignoreIndex: 255 }) as tf.Scalar,
    )(logits([1, 2, 2, 3]));
    expect(value(y)).toBe(0);
    expect([...grad.dataSync()].every((g) => g === 0)).toBe(true);
  });
});

describe('focal', () => {
  it('with gamma 0 is the mean binary cross entropy', () => {
    const [x, t] = [logits([2, 3, 3, 2]), soft([2, 3, 3, 2])];
    const focal = value(losses.focal(x, t, { mode: 'multilabel', gamma: 0 }));
    expect(focal).toBeCloseTo(value(losses.softBceWithLogits(x, t)), 6);
  });
});

describe('options that cannot work', () => {
  it('are refused in words', () => {
    const [x, t] = [logits([1, 2, 2, 3]), labels([1, 2, 2], 3)];
    expect(() => losses.dice(x, t, { mode: 'several' as 'binary' })).toThrow("unknown mode 'several'");
    expect(() => losses.dice(x, t, { mode: 'multiclass', classes: [3] })).toThrow('no class 3 among 3');
    expect(() => losses.dice(x, t, { mode: 'binary', classes: [0] })).toThrow('in binary mode');
    expect(() => losses.jaccard(x, t, { mode: 'multiclass', classWeights: [1] })).toThrow('1 class weights for 3');
    expect(() => losses.jaccard(x, t, { mode: 'multilabel' })).toThrow('multilabel wants equal shapes');
    expect(() => losses.focal(x, t, { mode: 'multiclass', reduction: 'all' as 'sum' })).toThrow("reduction 'all'");
  });
});
