import * as tf from '@tensorflow/tfjs-core';
import { useTestBackend } from '@hourglass/core/testing';
import { GConvLSTM, GCRN } from '@hourglass/graph';
import { beforeAll, describe } from 'vitest';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe('GConvLSTM', () => {
  keepsToLayerRules({
    make: (generator) => new GConvLSTM(4, 3, { K: 3, generator }),
    run(layer, { x, edges }) {
      const first = layer.forward(x, edges);
      return layer.forward(tf.square(x), edges, first).hidden;
    },
  });
});

describe.each(['M1', 'M2'] as const)('GCRN %s', (kind) => {
  keepsToLayerRules({
    make: (generator) => new GCRN({ inChannels: 4, hiddenChannels: 3, outChannels: 2, kind, generator }),
    run: (model, { x, edges }) => tf.squeeze(tf.slice(model.forward(tf.stack([x, tf.neg(x)]), edges), 1), [0]),
  });
});
