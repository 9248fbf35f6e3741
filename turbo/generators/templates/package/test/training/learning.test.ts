import { createAutoencoder, evaluateAutoencoder, trainAutoencoder, waves } from '@hourglass/__name__';
import { Generator } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

describe('training', () => {
  it.skipIf(training.isMissing)(
    training.title('explains 90 % of waves that it never saw, from half as many numbers, and leaks nothing'),
    async () => {
      const model = createAutoencoder({ channels: 2, generator: new Generator(1) });
      const before = tf.memory().numTensors;
      await trainAutoencoder(model, waves({ count: 64, seed: 1 }), {
        steps: 80,
        window: 32,
        learningRate: 0.02,
      });
      const { explained } = await evaluateAutoencoder(model, waves({ count: 4, seed: 2 }));
      expect(explained).toBeGreaterThan(0.9);
      expect(tf.memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  it('refuses sequences that do not fit', async () => {
    const model = createAutoencoder({ channels: 3, generator: new Generator(1) });
    await expect(trainAutoencoder(model, waves({ count: 2 }), { steps: 1 })).rejects.toThrow(
      /the model takes 3 channels, the data has 2/,
    );
    await expect(trainAutoencoder(model, [], { steps: 1 })).rejects.toThrow(/there are no sequences/);
    model.dispose();
  });
});
