import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, Linear, normalTensor, ReLU, scope, Sequential } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, GINConv, GINEConv, SAGEConv } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

const network = (generator: Generator): Sequential =>
  new Sequential(new Linear(4, 6, { generator }), new ReLU(), new Linear(6, 3, { generator }));

describe('SAGEConv', () => {
  keepsToLayerRules({
    make: (generator) => new SAGEConv(4, 3, { project: true, normalize: true, generator }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

describe('SAGEConv with the largest value', () => {
  keepsToLayerRules({
    make: (generator) => new SAGEConv(4, 3, { aggr: 'max', generator }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

describe('GINConv', () => {
  keepsToLayerRules({
    make: (generator) => new GINConv(network(generator), { trainEps: true }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

describe('GINEConv', () => {
  keepsToLayerRules({
    make: (generator) => new GINEConv(network(generator), { trainEps: true, edgeDim: 3, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

it('SAGEConv of wide features, which maps before it aggregates, gives what mapping behind gives', () => {
  const generator = new Generator(1);
  const layer = new SAGEConv(8, 3, { generator });
  const edges = new EdgeIndex(
    [
      [0, 1, 2, 2],
      [1, 2, 0, 1],
    ],
    4,
  );
  scope(() => {
    const x = normalTensor([4, 8], 0, 1, generator);
    const means = tf.stack([
      tf.gather(x, 2),
      tf.div(tf.add(tf.gather(x, 0), tf.gather(x, 2)), 2),
      tf.gather(x, 1),
      tf.zeros([8]),
    ]);
    expectClose(layer.forward(x, edges), tf.add(layer.lin_l.forward(means), layer.lin_r!.forward(x)));
  });
  layer.dispose();
  edges.dispose();
});

it('GINEConv says what to do about attributes of another width', () => {
  const generator = new Generator(1);
  const layer = new GINEConv(network(generator));
  const edges = new EdgeIndex([[0], [1]], 2);
  expect(() => layer.forward(tf.ones([2, 4]), edges, tf.ones([1, 3]))).toThrow(/4 wide .* 3; pass edgeDim/);
  layer.dispose();
  edges.dispose();
});
