import * as tf from '@tensorflow/tfjs-core';
import { bernoulliTensor, Dropout, Generator, uniformTensor, useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectLikeCpu, normalOf, onEveryMachine } from './support/oracle.js';

beforeAll(() => useBackend('native'));

const exact = { rtol: 0, atol: 0 };

describe('random numbers', () => {
  it.each([[[1]], [[1023]], [[1024]], [[3, 7, 911]]])('are those of JavaScript for %j', async (shape) => {
    for (const seed of [0, 123456789]) {
      await expectLikeCpu(() => uniformTensor(shape, -0.37, 1.91, new Generator(seed)), exact);
      for (const keep of [0, 1e-9, 0.3, 0.9, 1]) {
        await expectLikeCpu(() => bernoulliTensor(shape, keep, new Generator(seed)), exact);
      }
    }
  });

  it('go on where they stopped', async () => {
    const drawn = (): tf.Tensor[] => {
      const generator = new Generator(7);
      const first = uniformTensor([1500], 0, 1, generator);
      const second = bernoulliTensor([2000], 0.5, generator);
      return [first, second, tf.tensor1d(generator.state.map((word) => word & 0xffff))];
    };
    await expectLikeCpu(drawn, exact);
  });
});

describe('dropout', () => {
  const shape = [5, 11, 37];

  it.each([0.1, 0.5, 1])('with probability %d', async (p) => {
    const dropped = (x: tf.Tensor): tf.Tensor => {
      const layer = new Dropout(p, { generator: new Generator(3) });
      return layer.forward(x);
    };
    await expectLikeCpu(() => dropped(normalOf(shape, 1)), exact);
    await expectLikeCpu(() => tf.grad(dropped)(normalOf(shape, 1), normalOf(shape, 2)), exact);
    const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(dropped(tf.square(x))));
    await expectLikeCpu(() => tf.grad((x) => tf.sum(tf.square(tf.grad(squares)(x))))(normalOf(shape, 1)), {
      rtol: 1e-4,
    });
  });

  it('draws anew at each call, and the gradient uses the mask of its call', async () => {
    await onEveryMachine(
      () => {
        const layer = new Dropout(0.5, { generator: new Generator(3) });
        const twice = tf.valueAndGrad((x: tf.Tensor) => tf.sum(tf.sub(layer.forward(x), tf.mul(2, layer.forward(x)))));
        const { value, grad } = twice(tf.ones(shape));
        return [value, tf.sum(grad), grad];
      },
      ([value, sum, gradient]) => {
        expect(value!.values[0]).toBeCloseTo(sum!.values[0]!, 2);
        expect(new Set(gradient!.values)).toEqual(new Set([0, 2, -4, -2]));
      },
    );
  });
});
