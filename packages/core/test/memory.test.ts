import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';

beforeAll(() => useTestBackend('cpu'));

it('scope keeps the tensors of arrays and plain objects, and looks into nothing else', () => {
  const before = tf.memory().numTensors;
  const walked: unknown[] = [];
  class Holder {
    get secret(): null {
      walked.push(this);
      return null;
    }
  }
  const numbers = new Proxy(new Int32Array(3), { ownKeys: (target) => (walked.push(target), Reflect.ownKeys(target)) });
  const result = scope(() => ({ first: tf.scalar(1), more: [tf.add(1, 2)], holder: new Holder(), numbers }));
  expect(tf.memory().numTensors).toBe(before + 2);
  expect(walked).toEqual([]);
  tf.dispose([result.first, result.more]);
  expect(() =>
    scope(() => {
      tf.scalar(3);
      throw new Error('amid');
    }),
  ).toThrow('amid');
  expect(tf.memory().numTensors).toBe(before);
});
