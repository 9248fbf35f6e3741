import {
  Conv1d,
  Generator,
  GroupNorm,
  Linear,
  normalTensor,
  ReLU,
  Sequential,
  valueAndGradients,
} from '@hourglass/core';
import { missingBackend, testBackends } from '@hourglass/core/testing';
import { expectNoLeak } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { countOperations, InjectedError, throwingAt } from '../src/operations.js';

// core's own promise, which the kit checks at some places of each model
describe.each(testBackends('wasm', 'native'))('on %s', (backend) => {
  it('no operation of a train step leaves anything behind when it throws', async (context) => {
    const missing = await missingBackend(backend);
    if (missing !== null) return context.skip(missing);
    const generator = new Generator(1);
    const model = new Sequential(
      new Conv1d(3, 4, { kernelSize: 3, padding: 1, generator }),
      new GroupNorm(1, 4),
      new ReLU(),
      new Conv1d(4, 4, { kernelSize: 4, stride: 2, padding: 1, generator }),
      new Linear(4, 2, { generator }),
    );
    const x = normalTensor([2, 8, 3], 0, 1, generator);
    const step = (): void => {
      const { value, gradients } = valueAndGradients(() => tf.sum(model.forward(x)), model.parameters());
      tf.dispose([value, ...gradients.values()]);
    };
    const operations = countOperations(step);
    expect(operations).toBeGreaterThan(10);
    for (let at = 0; at < operations; at++) {
      expectNoLeak(`operation ${at} of ${operations}`, () => expect(() => throwingAt(at, step)).toThrow(InjectedError));
    }
    x.dispose();
    model.dispose();
  });
});
