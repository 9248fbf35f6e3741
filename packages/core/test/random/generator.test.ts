import * as tf from '@tensorflow/tfjs-core';
import {
  bernoulliTensor,
  defaultGenerator,
  Generator,
  manualSeed,
  normalTensor,
  uniformTensor,
  withGenerator,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const draw = (generator: Generator, count = 8): number[] => Array.from({ length: count }, () => generator.uint32());

describe('Generator', () => {
  it('is xoshiro128++: the first numbers of the state 1, 2, 3, 4', () => {
    const generator = new Generator();
    generator.state = [1, 2, 3, 4];
    // by hand from the authors' definition
    expect(draw(generator, 4)).toEqual([641, 1573767, 3222811527, 3517856514]);
  });

  it('repeats from its seed and from its state, and differs between seeds, also beyond 32 bits', () => {
    const generator = new Generator(5);
    const first = draw(generator);
    expect(draw(new Generator(5))).toEqual(first);
    for (const other of [6, -5, 5 + 2 ** 32, 5 + 2 ** 40]) expect(draw(new Generator(other))).not.toEqual(first);
    const { state } = generator;
    const next = draw(generator);
    generator.state = state;
    expect(draw(generator)).toEqual(next);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('passes over any number of numbers at once', () => {
    for (const count of [0, 1, 2, 127, 128, 1000, 70_001]) {
      const [slow, fast] = [new Generator(8), new Generator(8)];
      for (let i = 0; i < count; i++) slow.uint32();
      expect(fast.skip(count).state).toEqual(slow.state);
    }
    // further than can be counted: in any two parts the same
    const whole = new Generator(4).skip(2 ** 52 + 12345).state;
    expect(new Generator(4).skip(2 ** 51 + 99).skip(2 ** 51 + 12246).state).toEqual(whole);
    expect(() => new Generator().skip(-1)).toThrow('whole number');
  });

  it('refuses seeds and states that are none', () => {
    expect(() => new Generator(0.5)).toThrow(/seed must be an integer/);
    expect(() => (new Generator().state = [0, 0, 0, 0])).toThrow(/all zero/);
    expect(() => (new Generator().state = [1, 2, 3, -4])).toThrow(/unsigned 32-bit/);
    expect(() => (new Generator().state = [1, 2, 3] as never)).toThrow(/four/);
  });

  it('draws uniform and normal numbers of the right mean and variance', () => {
    const generator = new Generator(1);
    const moments = (next: () => number): [number, number] => {
      const values = Array.from({ length: 50_000 }, next);
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
    };
    const [uniformMean, uniformVariance] = moments(() => generator.uniform(2, 4));
    expect(Math.abs(uniformMean - 3)).toBeLessThan(0.01);
    expect(Math.abs(uniformVariance - 1 / 3)).toBeLessThan(0.01);
    const [normalMean, normalVariance] = moments(() => generator.normal(-1, 2));
    expect(Math.abs(normalMean + 1)).toBeLessThan(0.04);
    expect(Math.abs(normalVariance - 4)).toBeLessThan(0.1);
  });

  it('permutes every index once, each place equally often', () => {
    const generator = new Generator(2);
    const places = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let i = 0; i < 4000; i++) {
      const order = [...generator.permutation(4)];
      expect(order.toSorted()).toEqual([0, 1, 2, 3]);
      order.forEach((value, place) => places[place]![value]!++);
    }
    for (const count of places.flat()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('the default generator', () => {
  beforeAll(async () => void (await useTestBackend('cpu')));

  it('is seeded by manualSeed, and put back by withGenerator also after a throw', () => {
    manualSeed(3);
    const expected = normalTensor([5]).dataSync();
    manualSeed(3);
    const before = defaultGenerator();
    const failing = (): never => {
      normalTensor([2]).dispose();
      throw new Error('stopped half-way');
    };
    expect(() => withGenerator(new Generator(9), failing)).toThrow('stopped half-way');
    expect(defaultGenerator()).toBe(before);
    expect(normalTensor([5]).dataSync()).toEqual(expected);
  });

  it('fills tensors in range and shape', () => {
    const uniform = uniformTensor([40, 50], -1, 2);
    expect(uniform.shape).toEqual([40, 50]);
    expect(tf.min(uniform).dataSync()[0]).toBeGreaterThanOrEqual(-1);
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(2);
    const kept = tf.mean(bernoulliTensor([10_000], 0.8)).dataSync()[0]!;
    expect(Math.abs(kept - 0.8)).toBeLessThan(0.02);
  });
});
