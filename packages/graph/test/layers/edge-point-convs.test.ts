import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, Linear, normalTensor, ReLU, scope, Sequential } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  CGConv,
  EdgeConv,
  EdgeIndex,
  GMMConv,
  HypergraphConv,
  NNConv,
  PDNConv,
  PointGNNConv,
  PointNetConv,
  PointTransformerConv,
  PPFConv,
} from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

const network = (generator: Generator, inputs: number, outputs: number): Sequential =>
  new Sequential(new Linear(inputs, 16, { generator }), new ReLU(), new Linear(16, outputs, { generator }));
/** Three of the features as places. */
const places = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 0], [-1, 3]);

describe('EdgeConv', () => {
  keepsToLayerRules({
    make: (generator) => new EdgeConv(network(generator, 8, 3)),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

describe('PointNetConv', () => {
  keepsToLayerRules({
    make: (generator) => new PointNetConv({ localNn: network(generator, 7, 6), globalNn: network(generator, 6, 3) }),
    run: (layer, { x, edges }) => layer.forward(x, places(x), edges),
  });
});

describe('PPFConv', () => {
  keepsToLayerRules({
    make: (generator) => new PPFConv({ localNn: network(generator, 8, 3) }),
    run: (layer, { x, edges }) => layer.forward(x, places(x), tf.reverse(places(x), 1), edges),
  });

  it('gives the same however the points are turned and moved', () => {
    const generator = new Generator(2);
    const layer = new PPFConv({ localNn: network(generator, 4, 3) });
    const edges = new EdgeIndex(
      [
        [0, 1, 2, 3],
        [1, 2, 3, 0],
      ],
      4,
    );
    scope(() => {
      const [pos, normal] = [normalTensor([4, 3], 0, 1, generator), normalTensor([4, 3], 0, 1, generator)];
      const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
      const turn = tf.matMul(
        tf.tensor2d([
          [c, -s, 0],
          [s, c, 0],
          [0, 0, 1],
        ]),
        tf.tensor2d([
          [1, 0, 0],
          [0, c, -s],
          [0, s, c],
        ]),
      );
      const turned = layer.forward(null, tf.add(tf.matMul(pos, turn), [1, 2, 3]), tf.matMul(normal, turn), edges);
      expectClose(turned, layer.forward(null, pos, normal, edges), { rtol: 1e-4, atol: 1e-5 });
    });
    layer.dispose();
    edges.dispose();
  });
});

describe('PointTransformerConv', () => {
  keepsToLayerRules({
    make: (generator) => new PointTransformerConv(4, 5, { attnNn: network(generator, 5, 5), generator }),
    run: (layer, { x, edges }) => layer.forward(x, places(x), edges),
    // every score of a channel at a node is shifted alike
    withoutGradient: ['attn_nn.2.bias'],
  });
});

describe('PointGNNConv', () => {
  keepsToLayerRules({
    make: (generator) => new PointGNNConv(network(generator, 4, 3), network(generator, 7, 5), network(generator, 5, 4)),
    run: (layer, { x, edges }) => layer.forward(x, places(x), edges),
  });
});

describe('CGConv', () => {
  keepsToLayerRules({
    make: (generator) => new CGConv(4, { dim: 3, batchNorm: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('NNConv', () => {
  keepsToLayerRules({
    make: (generator) => new NNConv(4, 5, network(generator, 3, 20), { aggr: 'mean', generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe.each([
  ['shared Gaussians', {}],
  ['shared Gaussians and the largest value', { aggr: 'max' }],
  ['Gaussians for each pair of channels', { separateGaussians: true }],
] as const)('GMMConv with %s', (_, options) => {
  keepsToLayerRules({
    make: (generator) => new GMMConv(4, 5, 3, 2, { ...options, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('PDNConv', () => {
  keepsToLayerRules({
    make: (generator) => new PDNConv(4, 5, { edgeDim: 3, hiddenChannels: 6, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('HypergraphConv, attention among nodes', () => {
  keepsToLayerRules({
    make: (generator) => new HypergraphConv(4, 5, { useAttention: true, heads: 2, generator }),
    run: (layer, { x, edges }) => layer.forward(x, edges, tf.mean(tf.sigmoid(x), 1), x),
  });
});

it('HypergraphConv gives each node the mean of its hyperedges’ means', () => {
  const incidence = new EdgeIndex(
    [
      [0, 1, 1, 2],
      [0, 0, 1, 1],
    ],
    [4, 2],
  );
  const layer = new HypergraphConv(2, 2, { bias: false });
  layer.lin.weight.assign(tf.eye(2));
  scope(() => {
    const x = tf.tensor2d([
      [2, 0],
      [4, 2],
      [0, 8],
      [1, 1],
    ]);
    expectClose(
      layer.forward(x, incidence),
      tf.tensor2d([
        [3, 1],
        [2.5, 3],
        [2, 5],
        [0, 0],
      ]),
    );
    // the second hyperedge counts nothing in what the sum is divided by, as in the reference
    expectClose(
      layer.forward(x, incidence, tf.tensor1d([1, 0])),
      tf.tensor2d([
        [3, 1],
        [5, 6],
        [0, 0],
        [0, 0],
      ]),
    );
  });
  expect(() => layer.forward(tf.zeros([4, 2]), incidence, tf.ones([3]))).toThrow('hyperedgeWeight must be [2]');
  layer.dispose();
  incidence.dispose();
});
