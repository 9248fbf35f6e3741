import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipGradNorm, clipGradValue, ExponentialMovingAverage, Module, Parameter, StateBuffer } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

class Tiny extends Module {
  readonly weight = new Parameter(tf.tensor1d([1, 2]));
  readonly running_mean = new StateBuffer(tf.tensor1d([5]));
}

const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];

beforeAll(async () => {
  await useTestBackend('wasm');
});

describe('clipping', () => {
  it('brings the norm of all gradients together down to the limit', () => {
    const gradients = new Map<string, tf.Tensor>([
      ['a', tf.tensor1d([3, 0])],
      ['b', tf.tensor2d([[0, 4]])],
    ]);
    const { gradients: clipped, norm } = clipGradNorm(gradients, 1);
    expect(norm.dataSync()[0]).toBeCloseTo(5);
    expect(numbers(clipped.get('a')!)[0]).toBeCloseTo(0.6);
    expect(numbers(clipped.get('b')!)[1]).toBeCloseTo(0.8);
    expect(numbers(gradients.get('a')!)).toEqual([3, 0]);
  });

  it.each([
    [1, 7],
    [2, 5],
    [3, 91 ** (1 / 3)],
    [Infinity, 4],
  ])('measures the %d-norm', (p, expected) => {
    const { gradients, norm } = clipGradNorm(new Map([['a', tf.tensor1d([-3, 4])]]), 100, p);
    expect(norm.dataSync()[0]).toBeCloseTo(expected, 4);
    expect(numbers(gradients.get('a')!)).toEqual([-3, 4]);
  });

  it('cuts values, and leaves no tensors but its results', () => {
    const gradients = new Map([['a', tf.tensor1d([-3, 0.5, 4])]]);
    const { numTensors } = tf.memory();
    const clipped = clipGradValue(gradients, 1);
    expect(numbers(clipped.get('a')!)).toEqual([-1, 0.5, 1]);
    const { gradients: scaled } = clipGradNorm(gradients, 1);
    expect(scaled.size).toBe(1);
    expect(tf.memory().numTensors).toBe(numTensors + 3);
    expect(() => clipGradNorm(gradients, 0)).toThrow('maxNorm is 0');
    expect(() => clipGradValue(gradients, -1)).toThrow('clipValue is -1');
  });
});

describe('ExponentialMovingAverage', () => {
  it('averages, swaps in and out, and leaves buffers alone', () => {
    const module = new Tiny();
    const average = new ExponentialMovingAverage(module, 0.75);
    module.weight.assign(tf.tensor1d([5, -2]));
    average.update();
    average.swap();
    expect(average.isSwapped).toBe(true);
    expect(numbers(module.weight.value)).toEqual([2, 1]);
    expect(() => average.update()).toThrow('swap them out');
    module.running_mean.assign(tf.tensor1d([7]));
    average.swap();
    expect(numbers(module.weight.value)).toEqual([5, -2]);
    expect(numbers(module.running_mean.value)).toEqual([7]);
  });

  it('goes on from its state, and refuses one of another module', () => {
    const module = new Tiny();
    const average = new ExponentialMovingAverage(module, 0.5);
    module.weight.assign(tf.tensor1d([3, 0]));
    average.update();
    const other = new ExponentialMovingAverage(module, 0.5);
    other.loadState(average.state());
    for (const each of [average, other]) each.update();
    expect(numbers(other.averages.get(module.weight)!)).toEqual(numbers(average.averages.get(module.weight)!));
    const tensors = new Map([['bias', tf.zeros([1])]]);
    expect(() => other.loadState({ scalars: {}, tensors })).toThrow('the module has no bias');
    expect(() => other.loadState({ scalars: {}, tensors: new Map() })).toThrow("'weight' is missing");
  });

  it('keeps the number of tensors, and frees its own', () => {
    const module = new Tiny();
    const start = tf.memory().numTensors;
    let average!: ExponentialMovingAverage;
    // made inside a tidy, it must survive it
    tf.tidy(() => {
      average = new ExponentialMovingAverage(module);
    });
    const { numTensors } = tf.memory();
    for (let i = 0; i < 20; i++) {
      average.update();
      average.swap();
      average.swap();
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    average.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
