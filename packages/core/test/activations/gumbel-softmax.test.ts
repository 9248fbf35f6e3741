import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const { gumbelSoftmax } = functional;

describe('gumbelSoftmax', () => {
  beforeAll(() => useTestBackend('wasm'));

  it('draws each category as often as the softmax says', () => {
    scope(() => {
      const probabilities = [0.1, 0.2, 0.7];
      const logits = tf.tile(tf.log(tf.tensor2d([probabilities])), [20000, 1]);
      const samples = gumbelSoftmax(logits, { hard: true, generator: new Generator(1) });
      expectClose(tf.sum(samples, 1), tf.ones([20000]));
      expectClose(tf.mean(samples, 0), tf.tensor1d(probabilities), { rtol: 0, atol: 0.01 });
    });
  });

  it('is soft where it is not asked to be hard, and nearer to one category when colder', () => {
    scope(() => {
      const logits = tf.zeros([500, 4]);
      const largest = (temperature: number): number =>
        tf.mean(tf.max(gumbelSoftmax(logits, { temperature, generator: new Generator(2) }), 1)).dataSync()[0]!;
      expect(largest(0.05)).toBeGreaterThan(0.95);
      expect(largest(10)).toBeLessThan(0.4);
    });
  });

  it('has the gradient of the soft sample, also through a temperature and where it is hard', () => {
    scope(() => {
      const [logits, temperature] = [tf.tensor2d([[0.3, -1, 0.5]]), tf.tensor2d([[0.8]])];
      const sample = (hard: boolean) => (logits?: tf.Tensor, temperature?: tf.Tensor) =>
        gumbelSoftmax(logits!, { temperature: temperature!, hard, generator: new Generator(3) });
      expectGradient(sample(false), [logits, temperature]);
      const weights = tf.tensor2d([[1, 2, 3]]);
      const gradient = (hard: boolean): tf.Tensor =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.mul(weights, sample(hard)(x, temperature))))(logits);
      expectClose(gradient(true), gradient(false));
    });
  });

  it('says what a temperature must be', () => {
    expect(() => gumbelSoftmax(tf.zeros([2]), { temperature: 0 })).toThrow('above 0, got 0');
  });
});
