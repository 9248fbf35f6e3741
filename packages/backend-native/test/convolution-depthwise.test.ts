import * as tf from '@tensorflow/tfjs-core';
import { Generator, useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAddon, type Addon } from '../src/index.js';
import {
  expectOnNative,
  input,
  outputShape,
  pick,
  randomCase,
  run,
  whole,
  type Case,
  type Input,
} from './convolution-cases.js';

let addon: Addon;

beforeAll(async () => {
  await useBackend('native');
  addon = await loadAddon();
});

function check(random: Generator, { x, filter, strides, dilations, pad }: Case): void {
  const [picture, weights] = [input(random, x), input(random, filter)];
  const dy = input(random, outputShape({ x, filter, strides, dilations, pad }, true)!);
  const attrs = { strides, dilations, pad };
  const all = [
    [tf.DepthwiseConv2dNative, { x: picture, filter: weights }, attrs],
    [tf.DepthwiseConv2dNativeBackpropInput, { dy, filter: weights }, { ...attrs, inputShape: x }],
    [tf.DepthwiseConv2dNativeBackpropFilter, { x: picture, dy }, { ...attrs, filterShape: filter }],
  ] as const;
  for (const [name, inputs, own] of all) expectOnNative(addon, name, inputs, own, run('cpu', name, inputs, own));
}

const plain = { strides: [1, 1], dilations: [1, 1], pad: 'same' as const };

describe('depthwise convolutions', () => {
  it('match the cpu backend in any geometry', () => {
    const random = new Generator(1);
    for (let i = 0; i < 40; i++) {
      const found = randomCase(random, () => whole(random, 1, pick(random, 3, 40)));
      // TFJS takes the width of a padding in numbers from the stride of the height alone
      const pad =
        typeof found.pad === 'number'
          ? [
              [0, 0],
              [found.pad, 2],
              [0, found.pad],
              [0, 0],
            ]
          : found.pad;
      const given = { ...found, filter: [...found.filter.slice(0, 3), pick(random, 1, 1, 2, 3)], pad };
      if (outputShape(given, true)?.every((size) => size > 0)) check(random, given);
    }
  });

  it.each<Case>([
    { ...plain, x: [2, 20, 30, 64], filter: [3, 3, 64, 1] },
    { ...plain, x: [2, 20, 30, 17], filter: [5, 5, 17, 1], strides: [2, 2] },
    { ...plain, x: [1, 9, 9, 16], filter: [7, 7, 16, 2], pad: 3 },
    { ...plain, x: [1, 1, 1, 1], filter: [3, 3, 1, 1] },
    { ...plain, x: [1, 2, 2, 5], filter: [9, 9, 5, 1] },
    { ...plain, x: [0, 4, 4, 3], filter: [3, 3, 3, 2] },
    { ...plain, x: [1, 4, 4, 0], filter: [3, 3, 0, 1] },
  ])('matches the cpu backend: %j', (given) => check(new Generator(2), given));

  it('passes NaN on', () => {
    const random = new Generator(3);
    const [x, filter] = [input(random, [1, 6, 20, 3]), input(random, [3, 3, 3, 1])];
    x[0][100] = NaN;
    const expected = run('cpu', tf.DepthwiseConv2dNative, { x, filter }, plain);
    expect(expected.values.some(Number.isNaN)).toBe(true);
    expectOnNative(addon, tf.DepthwiseConv2dNative, { x, filter }, plain, expected);
  });
});

const activations = [undefined, 'linear', 'relu', 'relu6', 'elu', 'sigmoid', 'prelu', 'leakyrelu'] as const;

describe('convolutions with bias and activation', () => {
  it.each(activations)('match the cpu backend: %s', (activation) => {
    const random = new Generator(4);
    const x = input(random, [2, 5, 20, 6]);
    for (const [name, filter, channels] of [
      [tf.FusedConv2D, input(random, [3, 3, 6, 37]), 37],
      [tf.FusedDepthwiseConv2D, input(random, [3, 3, 6, 3]), 18],
    ] as const) {
      const slopes: Record<string, Input> =
        activation === 'prelu' ? { preluActivationWeights: input(random, [1, 1, channels]) } : {};
      for (const bias of [undefined, [channels], [1], [2, 5, 20, channels]]) {
        const inputs: Record<string, Input> = { x, filter, ...(bias && { bias: input(random, bias) }), ...slopes };
        const attrs = { ...plain, activation, leakyreluAlpha: 0.3 };
        expectOnNative(addon, name, inputs, attrs, run('cpu', name, inputs, attrs));
      }
    }
  });
});

describe('convolutions of volumes', () => {
  it('match the cpu backend', () => {
    const random = new Generator(5);
    for (let i = 0; i < 20; i++) {
      const channels = whole(random, 1, 9);
      const x = [whole(random, 1, 2), whole(random, 1, 6), whole(random, 1, 7), whole(random, 1, 20), channels];
      const filter = [...[0, 0, 0].map(() => whole(random, 1, 3)), channels, whole(random, 1, 20)];
      const strides = [0, 0, 0].map(() => whole(random, 1, 3));
      const attrs = { strides, pad: pick(random, 'same', 'valid'), dilations: [1, 1, 1], dataFormat: 'NDHWC' };
      if (attrs.pad === 'valid' && [0, 1, 2].some((axis) => x[axis + 1]! < filter[axis]!)) continue;
      const inputs = { x: input(random, x), filter: input(random, filter) };
      const y = run('cpu', tf.Conv3D, inputs, attrs);
      expectOnNative(addon, tf.Conv3D, inputs, attrs, y);
      const dy = input(random, y.shape);
      for (const [name, own, rest] of [
        [tf.Conv3DBackpropInputV2, { dy, filter: inputs.filter }, { inputShape: x }],
        [tf.Conv3DBackpropFilterV2, { x: inputs.x, dy }, { filterShape: filter }],
      ] as const) {
        expectOnNative(addon, name, own, { ...attrs, ...rest }, run('cpu', name, own, { ...attrs, ...rest }));
      }
    }
  });

  it('may be dilated', () => {
    const random = new Generator(6);
    const inputs = { x: input(random, [1, 7, 8, 9, 2]), filter: input(random, [2, 3, 3, 2, 4]) };
    const attrs = { strides: [1, 1, 1], pad: 'valid', dilations: [3, 2, 3], dataFormat: 'NDHWC' };
    expectOnNative(addon, tf.Conv3D, inputs, attrs, run('cpu', tf.Conv3D, inputs, attrs));
  });
});
