import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { disposeAfterGradients, functional, Parameter, useBackend, valueAndGradients } from '@hourglass/core';

beforeAll(() => useBackend('cpu'));

/** Counts how often it is freed. */
function resource(): { freed: number; dispose(): void } {
  return {
    freed: 0,
    dispose() {
      this.freed++;
    },
  };
}

/** A sum by segments that only this forward pass knows; its gradient needs them. */
function summed(x: tf.Tensor): tf.Tensor {
  const segments = new functional.Segments([0, 1, 0], 2);
  const sums = functional.segmentSum(tf.square(x), segments);
  disposeAfterGradients(segments);
  return tf.sum(tf.mul(sums, tf.tensor1d([1, 10])));
}

describe('disposeAfterGradients', () => {
  it('frees at once where no gradient is recorded', () => {
    const given = resource();
    disposeAfterGradients(given);
    expect(given.freed).toBe(1);
  });

  it('frees once when the gradients have been computed, not before', () => {
    const x = new Parameter(tf.tensor1d([1, 2, 3]));
    const [first, second] = [resource(), resource()];
    let during = 0;
    const before = tf.memory().numTensors;
    const { value, gradients } = valueAndGradients(() => {
      disposeAfterGradients(first);
      const y = summed(x.value);
      disposeAfterGradients(second);
      during = first.freed + second.freed;
      return y;
    }, [x]);
    expect(during).toBe(0);
    expect([first.freed, second.freed]).toEqual([1, 1]);
    expect([...gradients.get(x)!.dataSync()]).toEqual([2, 40, 6]);
    tf.dispose([value, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('works with the gradients of TensorFlow.js, also with gradients of gradients', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const before = tf.memory().numTensors;
    const first = tf.tidy(() => tf.grad(summed)(x).dataSync());
    expect([...first]).toEqual([2, 40, 6]);
    expect(tf.memory().numTensors).toBe(before);
    const second = tf.tidy(() =>
      tf
        .grad((x) => tf.sum(tf.grad(summed)(x)))(x)
        .dataSync(),
    );
    expect([...second]).toEqual([2, 20, 2]);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('frees when the forward pass throws', () => {
    const x = new Parameter(tf.tensor1d([1]));
    const given = resource();
    expect(() =>
      valueAndGradients(() => {
        disposeAfterGradients(given);
        throw new Error('no');
      }, [x]),
    ).toThrow('no');
    expect(given.freed).toBe(1);
    x.dispose();
  });
});
