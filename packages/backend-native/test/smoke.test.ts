import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { expect, it } from 'vitest';

it('starts', async () => {
  const choice = await useBackend();
  expect(choice.name).toBe('native');
  const y = tf.tidy(() => tf.add(tf.fill([2, 3], 2), tf.tensor([1, 2, 3])));
  expect(Array.from(await y.data())).toEqual([3, 4, 5, 3, 4, 5]);
});
