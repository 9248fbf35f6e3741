import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  ConvTasNet,
  createSeparator,
  DeMask,
  DPRNNTasNet,
  LSTMTasNet,
  separationArchitectures,
  SuDORMRFNet,
  TorchaudioConvTasNet,
  type SeparationModel,
} from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const filters = { nSrc: 2, nFilters: 6, kernelSize: 8, stride: 4 } as const;
const generator = (): Generator => new Generator(1);

describe('models that look back only', () => {
  /** The last sample of the mixture that the outputs up to `until` depend on. */
  function lastSeen(model: SeparationModel, length: number, until: number): number {
    const seen = tf.tidy(() => {
      const x = normalTensor([1, length], 0, 1, new Generator(2));
      const gradient = tf.grad((x: tf.Tensor) =>
        tf.sum(tf.square(tf.slice(model.forward(x), [0, 0, 0], [1, 2, until]))),
      )(x);
      return gradient.dataSync<'float32'>().findLastIndex((value) => value !== 0);
    });
    model.dispose();
    return seen;
  }

  it.each<[string, () => SeparationModel, () => SeparationModel]>([
    [
      'Conv-TasNet',
      () => new ConvTasNet({ ...filters, bnChan: 4, hidChan: 5, nBlocks: 2, nRepeats: 2, causal: true }, generator()),
      () =>
        new ConvTasNet({ ...filters, bnChan: 4, hidChan: 5, nBlocks: 2, nRepeats: 2, normType: 'cLN' }, generator()),
    ],
    [
      'Conv-TasNet with cumulative norms',
      () =>
        new ConvTasNet(
          { ...filters, bnChan: 4, hidChan: 5, nBlocks: 2, nRepeats: 2, causal: true, normType: 'cgLN' },
          generator(),
        ),
      () => new ConvTasNet({ ...filters, bnChan: 4, hidChan: 5, nBlocks: 2, nRepeats: 2 }, generator()),
    ],
    [
      'LSTM-TasNet',
      () => new LSTMTasNet({ ...filters, nLayers: 1, hidSize: 4, bidirectional: false }, generator()),
      () => new LSTMTasNet({ ...filters, nLayers: 1, hidSize: 4 }, generator()),
    ],
  ])('%s: no further than the frames that a sample is part of', (_, causal, other) => {
    // sample 39 is part of the frames from 32 and 36 on, the later of which ends with sample 43
    expect(lastSeen(causal(), 80, 40)).toBe(43);
    expect(lastSeen(other(), 80, 40)).toBeGreaterThan(43);
  });
});

it('takes one sound, a batch and a batch with channels alike', () => {
  const model = new ConvTasNet({ ...filters, bnChan: 4, hidChan: 5, nBlocks: 1, nRepeats: 1 }, generator());
  tf.tidy(() => {
    const x = normalTensor([2, 50], 0, 1, generator());
    const batch = model.forward(x);
    expect(batch.shape).toEqual([2, 2, 50]);
    expect(model.forward(tf.expandDims(x, 2)).arraySync()).toEqual(batch.arraySync());
    const one = model.forward(tf.reshape(tf.slice(x, [0, 0], [1, 50]), [50]));
    expect(one.shape).toEqual([2, 50]);
  });
  model.dispose();
});

it.each(separationArchitectures)('makes a small %s of about a million parameters by name', (architecture) => {
  const model = createSeparator({ architecture, sources: 3, sampleRate: 16000 }, generator());
  expect(model.parameterCount).toBeGreaterThan(5e5);
  expect(model.parameterCount).toBeLessThan(1.6e6);
  expect([model.numSources, model.sampleRate, model.sourceNames]).toEqual([3, 16000, null]);
  model.dispose();
});

it.each<[string, () => unknown, RegExp]>([
  ['a norm', () => new ConvTasNet({ ...filters, normType: 'BN' }), /no norm 'BN'; there are gLN/],
  ['an activation', () => new ConvTasNet({ ...filters, maskAct: 'elu' }), /no activation 'elu'/],
  ['a middle of a kernel', () => new ConvTasNet({ ...filters, convKernelSize: 4 }), /kernels of 4 have no middle/],
  ['a recurrent layer', () => new DPRNNTasNet({ ...filters, rnnType: 'QRNN' }), /no recurrent layer 'QRNN'/],
  ['a filterbank', () => new ConvTasNet({ ...filters, fbName: 'gabor' }), /no filterbank 'gabor'/],
  ['features that the filterbank does not give', () => new ConvTasNet({ ...filters, inChan: 7 }), /gives 6 features/],
  ['a type of input', () => new DeMask({ inputType: 'phase' }), /'mag', 'reim' or 'cat', not 'phase'/],
  ['an odd number of masked features', () => new SuDORMRFNet({ ...filters, nFilters: 7 }), /even number/],
  [
    "a kernel that torchaudio's padding does not fit",
    () => new TorchaudioConvTasNet({ mskKernelSize: 5 }),
    /must be 3/,
  ],
  ['an activation of torchaudio', () => new TorchaudioConvTasNet({ mskActivate: 'tanh' }), /'sigmoid' or 'relu'/],
  ['an architecture', () => createSeparator({ architecture: 'wavenet' as 'dprnn' }), /no small wavenet/],
])('refuses %s that there is not', (_, make, message) => {
  expect(make).toThrow(message);
});

it('refuses norms over time for chunks', () => {
  const model = new DPRNNTasNet({ ...filters, bnChan: 4, hidSize: 3, chunkSize: 4, nRepeats: 1, normType: 'cgLN' });
  const x = tf.zeros([1, 40]);
  expect(() => model.forward(x)).toThrow(/cgLN takes \[N, frames, channels\]/);
  x.dispose();
  model.dispose();
});
