import { bottleneckNames, createAutoencoder, SequenceAutoencoder } from '@hourglass/__name__';
import { normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel, type InputCase } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

const steps = (length: number): InputCase<tf.Tensor> => ({
  name: `${length} steps`,
  make: (generator, examples) => normalTensor([examples, length, 3], 0, 1, generator),
  gives: (x) => ({ reconstruction: x.shape, penalty: [] }),
});

describe.each(bottleneckNames)('an autoencoder with the bottleneck %s', (bottleneck) => {
  testModel('as every model', {
    create: (generator) => createAutoencoder({ channels: 3, width: 8, latent: 2, bottleneck, generator }),
    load: (folder) => SequenceAutoencoder.fromPretrained(folder),
    forward: (model, x) => ({ ...model.outputs(x) }),
    training: bottleneck === 'gaussian' ? 'random' : 'same',
    inputs: [steps(12), steps(13), steps(1)],
    wrong: [
      { name: 'other channels', make: () => tf.zeros([1, 8, 4]) },
      { name: 'a sequence without a batch', make: () => tf.zeros([8, 3]) },
      { name: 'an empty sequence', make: () => tf.zeros([1, 0, 3]) },
    ],
  });
});

describe('SequenceAutoencoder', () => {
  beforeAll(() => useTestBackend('wasm'));

  it('shortens sequences by the announced stride', () => {
    const model = createAutoencoder({ channels: 3, levels: 3, latent: 2 });
    expect(model.encoder.stride).toBe(8);
    tf.tidy(() => {
      expect(model.encoder.forward(tf.zeros([2, 16, 3])).shape).toEqual([2, 2, 2]);
    });
    model.dispose();
  });

  it('says which size is wrong', () => {
    expect(() => createAutoencoder({ channels: 0 })).toThrow(/channels must be a positive whole number, got 0/);
    expect(() => createAutoencoder({ channels: 2, levels: 1.5 })).toThrow(/levels must be a positive whole number/);
    expect(() => createAutoencoder({ channels: 2, bottleneck: 'narrow' as never })).toThrow(
      /unknown bottleneck "narrow"; known are identity, gaussian/,
    );
  });
});
