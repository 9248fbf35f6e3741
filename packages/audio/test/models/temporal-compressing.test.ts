import { beforeAll } from 'vitest';
import { normalTensor, type Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { TemporalCompressingNetwork } from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

testModel('TemporalCompressingNetwork', {
  create: (generator) =>
    new TemporalCompressingNetwork(
      { compress_ratios: [3, 2], num_filters: 2, hidden_size: 5, num_residual_layers: 2 },
      { generator },
    ),
  load: (folder) => TemporalCompressingNetwork.fromPretrained(folder),
  inputs: [25, 12, 1].map((length) => ({
    name: `${length} samples`,
    make: (generator: Generator, examples: number) => normalTensor([examples, length, 1], 0, 0.3, generator),
    gives: (_: tf.Tensor, examples: number) => [examples, length, 1],
  })) as never,
  withoutGradient: {
    '.*block\\.1\\.conv\\.(weight|bias)': 'the convolution behind it in a residual unit begins with zeros',
  },
  wrong: [
    { name: 'too many channels', make: () => tf.zeros([1, 30, 2]) },
    { name: 'sound without channels', make: () => tf.zeros([1, 30]) },
  ],
});
