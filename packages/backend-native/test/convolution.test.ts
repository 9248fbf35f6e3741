import * as tf from '@tensorflow/tfjs-core';
import { Generator, useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon, type Addon } from '../src/index.js';
import { expectOnNative, input, outputShape, pick, randomCase, run, whole, type Case } from './convolution-cases.js';

let addon: Addon;

beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
});

/** The convolution and both its gradients against the cpu backend. */
function check(random: Generator, { x, filter, strides, dilations, pad }: Case): void {
  const [picture, weights] = [input(random, x), input(random, filter)];
  const dy = input(random, outputShape({ x, filter, strides, dilations, pad })!);
  const attrs = { strides, dilations, pad };
  const all = [
    [tf.Conv2D, { x: picture, filter: weights }, attrs],
    [tf.Conv2DBackpropInput, { dy, filter: weights }, { ...attrs, inputShape: x }],
    [tf.Conv2DBackpropFilter, { x: picture, dy }, { ...attrs, filterShape: filter }],
  ] as const;
  for (const [name, inputs, own] of all) expectOnNative(addon, name, inputs, own, run('cpu', name, inputs, own));
}

const plain = { strides: [1, 1], dilations: [1, 1], pad: 'same' as const };

describe('convolutions of pictures', () => {
  it('match the cpu backend in any geometry', () => {
    const random = new Generator(1);
    for (let i = 0; i < 60; i++)
      check(
        random,
        randomCase(random, () => whole(random, 1, pick(random, 3, 20))),
      );
  });

  it.each<Case>([
    { ...plain, x: [2, 5, 37, 32], filter: [3, 3, 32, 64] },
    { ...plain, x: [1, 9, 9, 33], filter: [1, 1, 33, 49] },
    { ...plain, x: [1, 16, 16, 40], filter: [3, 3, 40, 70], strides: [2, 2] },
    { ...plain, x: [2, 30, 30, 3], filter: [7, 7, 3, 32], strides: [2, 2], pad: 3 },
    { ...plain, x: [2, 1, 500, 8], filter: [1, 7, 8, 9] },
    { ...plain, x: [1, 1, 1003, 3], filter: [1, 8, 3, 5], strides: [1, 4], pad: 'valid' },
    { ...plain, x: [1, 1, 470, 5], filter: [1, 3, 5, 4], dilations: [1, 9] },
    { ...plain, x: [1, 2, 20, 1024], filter: [1, 3, 1024, 3] },
    { ...plain, x: [1, 3, 20, 512], filter: [1, 1, 512, 5], strides: [2, 2], pad: 'valid' },
    { ...plain, x: [1, 7, 7, 64], filter: [3, 3, 64, 130], dilations: [4, 4] },
    { ...plain, x: [1, 3, 3, 4], filter: [5, 5, 4, 4] },
    { ...plain, x: [1, 1, 1, 1], filter: [1, 1, 1, 1] },
    { ...plain, x: [3, 1, 1, 17], filter: [3, 3, 17, 1] },
    {
      ...plain,
      x: [1, 2, 2, 2],
      filter: [3, 3, 2, 2],
      pad: [
        [0, 0],
        [0, 4],
        [5, 0],
        [0, 0],
      ],
    },
    { ...plain, x: [0, 4, 4, 3], filter: [3, 3, 3, 2] },
    { ...plain, x: [2, 4, 4, 0], filter: [3, 3, 0, 2] },
    { ...plain, x: [2, 4, 4, 2], filter: [3, 3, 2, 0] },
    { ...plain, x: [2, 2, 2, 2], filter: [3, 3, 2, 2], pad: 'valid' },
  ])('matches the cpu backend: %j', (given) => check(new Generator(2), given));

  it('passes NaN and infinities on', () => {
    const random = new Generator(3);
    const x = input(random, [1, 6, 20, 3]);
    const filter = input(random, [3, 3, 3, 5]);
    x[0][17] = NaN;
    x[0][200] = Infinity;
    const attrs = { strides: [1, 1], dilations: [1, 1], pad: 'same' };
    const expected = run('cpu', tf.Conv2D, { x, filter }, attrs);
    expect(expected.values.some(Number.isNaN)).toBe(true);
    expectOnNative(addon, tf.Conv2D, { x, filter }, attrs, expected);
  });

  it('refuses shapes that do not fit', () => {
    const random = new Generator(4);
    const [x, filter] = [input(random, [1, 4, 4, 3]), input(random, [3, 3, 2, 5])];
    expect(() => run('native', tf.Conv2D, { x, filter }, plain)).toThrow('the other arguments want');
    const dy = input(random, [1, 4, 4, 4]);
    expect(() => run('native', tf.Conv2DBackpropInput, { dy, filter }, { ...plain, inputShape: [1, 4, 4, 2] })).toThrow(
      'dy has shape [1, 4, 4, 4]',
    );
    expect(() => run('native', tf.Conv2DBackpropFilter, { x, dy }, { ...plain, filterShape: [3, 3, 3, 5] })).toThrow(
      'dy has shape [1, 4, 4, 4]',
    );
  });
});
