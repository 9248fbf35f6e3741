import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { AdaptivePropagation, DAGNN, EdgeIndex, propagateHops } from '@hourglass/graph';
import { keepsToLayerRules } from '../layers/properties.js';

beforeAll(() => useTestBackend('wasm'));

const sizes = { inChannels: 4, hiddenChannels: 6, outChannels: 3, K: 4 };

describe('DAGNN', () => {
  keepsToLayerRules({
    make: (generator) => new DAGNN({ ...sizes, generator }),
    run: (model, { x, edges }) => model.forward(x, edges),
  });
});

it('adds up hops by their scores', () => {
  const layer = new AdaptivePropagation(3, 2, { generator: new Generator(1) });
  const edges = new EdgeIndex([[0, 1, 1, 2], [1, 0, 2, 1]], 4); // prettier-ignore
  scope(() => {
    const x = normalTensor([4, 3], 0, 1, new Generator(2));
    const { value, scores } = layer.retain(x, edges);
    expect(scores.shape).toEqual([4, 3]);
    const expected = [0, 1, 2].map((k) => {
      const spread = propagateHops(x, edges, k);
      const score = tf.sigmoid(layer.proj.forward(spread));
      expectClose(tf.slice(scores, [0, k], [4, 1]), score);
      return tf.mul(spread, score);
    });
    expectClose(value, tf.addN(expected));
  });
  layer.dispose();
  edges.dispose();
});

it('is the same when it was saved and loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-dagnn-'));
  const model = new DAGNN({ ...sizes, generator: new Generator(2) }).eval();
  await model.savePretrained(folder);
  const loaded = (await DAGNN.fromPretrained(folder)).eval();
  expect(loaded.config).toEqual(model.config);
  const edges = new EdgeIndex([[0, 1], [1, 2]], 3); // prettier-ignore
  scope(() => {
    const x = normalTensor([3, 4], 0, 1, new Generator(3));
    expectClose(loaded.forward(x, edges), model.forward(x, edges), { rtol: 0, atol: 0 });
  });
  for (const made of [model, loaded, edges]) made.dispose();
  await rm(folder, { recursive: true });
});
