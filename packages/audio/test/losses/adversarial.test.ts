import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, Parameter, scope, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  discriminatorLoss,
  featureMatchingLoss,
  generatorLoss,
  LossBalancer,
  MultiScaleStftDiscriminator,
  type Judgement,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

const judgement = (logits: readonly number[][], features: readonly number[][] = []): Judgement => ({
  logits: logits.map((values) => tf.tensor1d([...values])),
  features: [features.map((values) => tf.tensor1d([...values]))],
});
const value = (fn: () => tf.Tensor): number => scope(() => fn().dataSync()[0]!);

describe('adversarial losses', () => {
  it('are the formulas, averaged over discriminators', () => {
    const real = () => judgement([[2, 0.5], [-1]]);
    const fake = () => judgement([[-2, 0], [1]]);
    // first: (0 + 0.5) / 2 and (0 + 1) / 2; second: 2 and 2
    expect(value(() => discriminatorLoss(real(), fake()))).toBeCloseTo((0.25 + 0.5 + 4) / 2, 6);
    // first: (1 + 0.25) / 2 and (4 + 0) / 2; second: 4 and 1
    expect(value(() => discriminatorLoss(real(), fake(), 'least-squares'))).toBeCloseTo((0.625 + 2 + 5) / 2, 6);
    expect(value(() => generatorLoss(fake()))).toBeCloseTo((2 + 0) / 2, 6);
    expect(value(() => generatorLoss(fake(), 'least-squares'))).toBeCloseTo((5 + 0) / 2, 6);
    expect(() => discriminatorLoss(real(), judgement([[1]]))).toThrow('judged by 2 and 1 discriminators');
  });

  it('match features relative to their size, or not', () => {
    const real = () => judgement([[1]], [[1, -3], [10]]);
    const fake = () => judgement([[1]], [[2, -3], [5]]);
    expect(value(() => featureMatchingLoss(real(), fake()))).toBeCloseTo((0.5 / 2 + 5 / 10) / 2, 6);
    expect(value(() => featureMatchingLoss(real(), fake(), { relative: false }))).toBeCloseTo((0.5 + 5) / 2, 6);
    expect(value(() => featureMatchingLoss(real(), real()))).toBe(0);
  });
});

describe('LossBalancer', () => {
  /** What reaches the parameter when the losses are balanced, without history. */
  const balanced = (weights: Record<string, number>, losses: Record<string, (x: tf.Tensor) => tf.Tensor>) => {
    const balancer = new LossBalancer(weights, { decay: 0 });
    const x = new Parameter(normalTensor([3, 50, 1], 0, 1, new Generator(1)));
    const result = scope(() => {
      const { gradients, value: loss } = valueAndGradients(() => balancer.forward(x.value, losses).loss, [x]);
      return { gradient: Float64Array.from(gradients.get(x)!.dataSync()), loss: loss.dataSync()[0]! };
    });
    x.dispose();
    balancer.dispose();
    return result;
  };
  const norm = (gradient: Float64Array): number => {
    const rows = [0, 1, 2].map((i) => Math.hypot(...gradient.subarray(i * 50, (i + 1) * 50)));
    return rows.reduce((sum, row) => sum + row, 0) / 3;
  };

  it('gives each loss its share of the gradient, however large it is', () => {
    const l1 = (scale: number) => (x: tf.Tensor) => tf.mul(tf.mean(tf.abs(x)), scale);
    const l2 = (scale: number) => (x: tf.Tensor) => tf.mul(tf.mean(tf.square(x)), scale);
    const alone = {
      a: balanced({ a: 1 }, { a: l1(1) }).gradient,
      b: balanced({ b: 1 }, { b: l2(1) }).gradient,
    };
    expect(norm(alone.a)).toBeCloseTo(1, 4);
    expect(norm(alone.b)).toBeCloseTo(1, 4);
    for (const [wa, wb] of [
      [1, 1],
      [1, 9],
      [5, 2],
    ] as const) {
      for (const scale of [1e-3, 1, 1e4]) {
        const { gradient, loss } = balanced({ a: wa, b: wb }, { a: l1(scale), b: l2(1) });
        const expected = alone.a.map((of, i) => (wa * of + wb * alone.b[i]!) / (wa + wb));
        const error = Math.max(...gradient.map((of, i) => Math.abs(of - expected[i]!)));
        expect(error).toBeLessThan(1e-5);
        expect(Number.isFinite(loss)).toBe(true);
      }
    }
  });

  it('without it a loss that is large drowns the others', () => {
    const x = new Parameter(normalTensor([3, 50, 1], 0, 1, new Generator(1)));
    const l2 = balanced({ b: 1 }, { b: (y) => tf.mean(tf.square(y)) }).gradient;
    const cosine = (a: Float64Array, b: Float64Array): number =>
      a.reduce((sum, of, i) => sum + of * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    const both = { a: (y: tf.Tensor) => tf.mul(tf.sum(y), 1e4), b: (y: tf.Tensor) => tf.mean(tf.square(y)) };
    const plain = scope(() => {
      const { gradients } = valueAndGradients(() => tf.add(both.a(x.value), both.b(x.value)), [x]);
      return Float64Array.from(gradients.get(x)!.dataSync());
    });
    expect(Math.abs(cosine(plain, l2))).toBeLessThan(0.2);
    expect(cosine(balanced({ a: 1, b: 1 }, both).gradient, l2)).toBeGreaterThan(0.6);
    x.dispose();
  });

  it('divides by the average of the norms over time, which evaluation leaves alone', () => {
    const balancer = new LossBalancer({ a: 1 }, { decay: 0.5, totalNorm: 2 });
    const x = new Parameter(tf.ones([1, 4, 1]));
    const step = (scale: number): number =>
      scope(() => {
        const losses = { a: (y: tf.Tensor) => tf.mul(tf.sum(y), scale) };
        const { gradients } = valueAndGradients(() => balancer.forward(x.value, losses).loss, [x]);
        return Math.hypot(...gradients.get(x)!.dataSync());
      });
    // norms 2 and 6; their average with weights 0.5 and 1 is 14 / 3
    expect(step(1)).toBeCloseTo(2, 5);
    expect(step(3)).toBeCloseTo((2 * 6) / (14 / 3), 5);
    balancer.eval();
    const kept = [...balancer.norms.value.dataSync()];
    step(100);
    expect([...balancer.norms.value.dataSync()]).toEqual(kept);
    balancer.dispose();
    x.dispose();
  });

  it('gives parameters inside the losses no gradient, and leaves no tensors', () => {
    const generator = new Generator(2);
    const discriminator = new MultiScaleStftDiscriminator({ filters: 2, nFfts: [32], generator });
    const balancer = new LossBalancer({ adversarial: 1, time: 1 });
    const x = new Parameter(normalTensor([2, 128, 1], 0, 1, generator));
    const before = tf.memory().numTensors;
    const {
      value: loss,
      aux,
      gradients,
    } = valueAndGradients(() => {
      const { loss: balancedLoss, values } = balancer.forward(x.value, {
        time: (y) => tf.mean(tf.abs(y)),
        adversarial: (y) => generatorLoss(discriminator.forward(y)),
      });
      return { value: balancedLoss, aux: values };
    }, [x, ...discriminator.parameters()]);
    expect([...gradients.keys()]).toEqual([x]);
    expect(Object.keys(aux as object)).toEqual(['adversarial', 'time']);
    tf.dispose([loss, ...Object.values(aux as unknown as Record<string, tf.Tensor>), ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    for (const made of [x, discriminator, balancer]) made.dispose();
  });

  it('refuses weights and losses that do not fit', () => {
    expect(() => new LossBalancer({})).toThrow('needs positive weights');
    expect(() => new LossBalancer({ a: -1 })).toThrow('needs positive weights, got {"a":-1}');
    const balancer = new LossBalancer({ a: 1 });
    const x = tf.zeros([3, 50, 1]);
    expect(() => balancer.forward(x, { b: (x) => tf.sum(x) })).toThrow('weights for a; losses are b');
    x.dispose();
    balancer.dispose();
  });
});
