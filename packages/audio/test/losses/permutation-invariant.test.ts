import { beforeAll, expect, it } from 'vitest';
import { Generator, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  mixtureConsistency,
  negativeSdr,
  pairwiseNegativeSdr,
  pairwiseOf,
  permutationInvariantLoss,
  permutations,
  reorderSources,
} from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const draw = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));

it('lists permutations in lexicographic order', () => {
  expect(permutations(3)).toEqual([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]);
});

// exhaustive, and by assignment
it.each([2, 3, 7])('finds %i sources in any order, and its loss does not depend on it', (sources) => {
  tf.tidy(() => {
    const targets = draw([2, sources, 50]);
    const orders = [
      Array.from({ length: sources }, (_, i) => (i + 1) % sources),
      Array.from({ length: sources }, (_, i) => sources - 1 - i),
    ];
    const shuffled = reorderSources(targets, tf.tensor2d(orders, [2, sources], 'int32'));
    const noisy = tf.add(shuffled, tf.mul(draw([2, sources, 50], 2), 0.1));
    const result = permutationInvariantLoss(noisy, targets, pairwiseNegativeSdr);
    const inverse = orders.map((order) => order.map((_, i) => order.indexOf(i)));
    expect(result.permutation.arraySync()).toEqual(inverse);
    const inOrder = reorderSources(noisy, tf.tensor2d(inverse, [2, sources], 'int32'));
    expect(result.reordered.arraySync()).toEqual(inOrder.arraySync());
    const again = permutationInvariantLoss(inOrder, targets, pairwiseNegativeSdr);
    expect(again.loss.dataSync()[0]).toBeCloseTo(result.loss.dataSync()[0]!, 4);
    expect(result.loss.dataSync()[0]).toBeCloseTo(tf.mean(negativeSdr(inOrder, targets)).dataSync()[0]!, 4);
    expect(result.loss.dataSync()[0]).toBeLessThan(-15);
  });
});

it('sends gradients to the estimates that were matched, the same in any order', () => {
  tf.tidy(() => {
    const targets = draw([1, 2, 20]);
    const estimates = tf.add(targets, tf.mul(draw([1, 2, 20], 3), 0.3));
    const gradient = tf.grad((x: tf.Tensor) => permutationInvariantLoss(x, targets, pairwiseNegativeSdr).loss);
    const straight = gradient(estimates);
    const crossed = gradient(tf.reverse(estimates, 1));
    expect(Math.max(...tf.abs(straight).dataSync())).toBeGreaterThan(0);
    tf.reverse(crossed, 1)
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(straight.dataSync()[i]!, 5));
  });
});

it('knows what scaling and offsets do to each ratio', () => {
  tf.tidy(() => {
    const target = draw([1, 400]);
    const estimate = tf.add(tf.mul(tf.add(target, tf.mul(draw([1, 400], 4), 0.1)), 2), 5);
    const of = (kind: 'sisdr' | 'sdsdr' | 'snr', zeroMean: boolean): number =>
      negativeSdr(estimate, target, { kind, zeroMean }).dataSync()[0]!;
    expect(of('sisdr', true)).toBeLessThan(-19);
    expect(of('sisdr', false)).toBeGreaterThan(0);
    // twice too loud: the error is as strong as the signal, and in `sdsdr` the scaled signal has four times the target's energy
    expect(of('snr', true)).toBeCloseTo(0, 0);
    expect(of('sdsdr', true)).toBeCloseTo(-6, 0);
    const plain = negativeSdr(estimate, target, { takeLog: false }).dataSync()[0]!;
    expect(10 * Math.log10(-plain)).toBeCloseTo(-of('sisdr', true), 3);
  });
});

it('makes a pairwise loss of one between single sources', () => {
  tf.tidy(() => {
    const [x, y] = [draw([2, 3, 30]), draw([2, 3, 30], 5)];
    const one = pairwiseOf((a, b) => negativeSdr(a, b))(x, y);
    pairwiseNegativeSdr(x, y)
      .dataSync()
      .forEach((value, i) => expect(one.dataSync()[i]).toBeCloseTo(value, 4));
  });
});

it('moves estimates until they add up to the mixture', () => {
  tf.tidy(() => {
    const mixture = draw([2, 40]);
    const estimates = tf.mul(draw([2, 3, 40], 6), tf.tensor3d([1, 2, 0], [1, 3, 1]));
    const byPower = mixtureConsistency(mixture, estimates);
    tf.sub(tf.sum(byPower, 1), mixture)
      .dataSync()
      .forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-5));
    // a silent source stays silent by power, and takes its share by weights
    expect(Math.max(...tf.abs(tf.slice(byPower, [0, 2, 0], [2, 1, 40])).dataSync())).toBe(0);
    const even = mixtureConsistency(mixture, estimates, tf.ones([1, 3, 1]));
    const share = tf.div(tf.sub(mixture, tf.sum(estimates, 1)), 3).dataSync();
    tf.slice(tf.sub(even, estimates), [0, 2, 0], [2, 1, 40])
      .dataSync()
      .forEach((value, i) => expect(value).toBeCloseTo(share[i]!, 5));
  });
});

it('refuses shapes that do not belong together', () => {
  const [x, y] = [tf.zeros([1, 2, 5]), tf.zeros([1, 2, 6])];
  expect(() => permutationInvariantLoss(x, y, pairwiseNegativeSdr)).toThrow('[1, 2, 6]');
  expect(() => negativeSdr(x, y)).toThrow('[1, 2, 6]');
  expect(() => mixtureConsistency(x, y)).toThrow('[1, 2, 6]');
  tf.dispose([x, y]);
});
