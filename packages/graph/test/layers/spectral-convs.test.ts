import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope, type Module } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import * as graph from '@hourglass/graph';
import { EdgeIndex, TypedEdges } from '@hourglass/graph';
import { keepsToLayerRules, type Example, type LayerFacts } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

interface Conv extends Module {
  forward(x: tf.Tensor, edges: EdgeIndex, more?: tf.Tensor | null): tf.Tensor;
}

/** Positive weights of the edges. */
const weightOf = ({ edgeAttr }: Example): tf.Tensor =>
  tf.squeeze(tf.exp(tf.slice(edgeAttr, [0, 0], [edgeAttr.shape[0]!, 1])), [1]);

type Facts<M extends Module> = Omit<LayerFacts<M>, 'make'>;
const plain: Facts<Conv> = { run: (layer, { x, edges }) => layer.forward(x, edges) };
const weighted: Facts<Conv> = {
  run: (layer, example) => layer.forward(example.x, example.edges, weightOf(example)),
};
const attributed: Facts<Conv> = { run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr) };

const layers: ReadonlyArray<readonly [string, (generator: Generator) => Conv, Facts<Conv>]> = [
  ['SGConv', (generator) => new graph.SGConv(4, 3, { K: 2, generator }), weighted],
  ['SGConv to wider features', (generator) => new graph.SGConv(4, 7, { K: 2, generator }), plain],
  ['SSGConv', (generator) => new graph.SSGConv(4, 3, { alpha: 0.1, K: 2, generator }), weighted],
  ['APPNP', () => new graph.APPNP({ K: 3, alpha: 0.1 }), weighted],
  ['TAGConv', (generator) => new graph.TAGConv(4, 3, { generator }), weighted],
  ['GraphConv', (generator) => new graph.GraphConv(4, 3, { generator }), weighted],
  ['GraphConv with the largest', (generator) => new graph.GraphConv(4, 3, { aggr: 'max', generator }), weighted],
  [
    'ARMAConv',
    (generator) => new graph.ARMAConv(4, 3, { numStacks: 2, numLayers: 2, act: 'tanh', generator }),
    weighted,
  ],
  ['LEConv', (generator) => new graph.LEConv(4, 3, { generator }), weighted],
  ['MixHopConv', (generator) => new graph.MixHopConv(4, 3, { powers: [2, 0, 3], generator }), weighted],
  ['ClusterGCNConv', (generator) => new graph.ClusterGCNConv(4, 3, { diagLambda: 0.5, generator }), plain],
  ['AGNNConv', () => new graph.AGNNConv(), plain],
  ['LGConv', () => new graph.LGConv(), weighted],
  [
    'EGConv',
    (generator) => new graph.EGConv(4, 6, { numHeads: 2, aggregators: ['symnorm', 'std', 'min', 'mean'], generator }),
    plain,
  ],
  ['ResGatedGraphConv', (generator) => new graph.ResGatedGraphConv(4, 3, { generator }), plain],
  [
    'ResGatedGraphConv with attributes',
    (generator) => new graph.ResGatedGraphConv(4, 3, { edgeDim: 3, generator }),
    attributed,
  ],
  ['GatedGraphConv', (generator) => new graph.GatedGraphConv(5, { numLayers: 2, generator }), weighted],
  ['FiLMConv', (generator) => new graph.FiLMConv(4, 3, { act: 'tanh', generator }), plain],
  ['FeaStConv', (generator) => new graph.FeaStConv(4, 3, { heads: 2, generator }), plain],
  ['SuperGATConv', (generator) => new graph.SuperGATConv(4, 3, { heads: 2, generator }), plain],
  [
    'SuperGATConv with scaled products',
    (generator) => new graph.SuperGATConv(4, 3, { heads: 2, attentionType: 'SD', concat: false, generator }),
    plain,
  ],
  ['SimpleConv', () => new graph.SimpleConv({ aggr: 'mean', combineRoot: 'self_loop' }), weighted],
  ['SimpleConv side by side', () => new graph.SimpleConv({ combineRoot: 'cat' }), plain],
  [
    'MFConv',
    (generator) => new graph.MFConv(4, 3, { maxDegree: 2, generator }),
    // nothing reaches nodes of degree 0
    { ...plain, withoutGradient: ['lins_l.0.weight'] },
  ],
  ['AntiSymmetricConv', (generator) => new graph.AntiSymmetricConv(4, { numIters: 2, generator }), plain],
  ['DirGNNConv', (generator) => new graph.DirGNNConv(4, 3, { alpha: 0.3, generator }), plain],
  ['GeneralConv', (generator) => new graph.GeneralConv(4, 3, { heads: 2, l2Normalize: true, generator }), plain],
  [
    'GeneralConv with attention',
    (generator) => new graph.GeneralConv(4, 4, { heads: 2, attention: true, aggr: 'max', generator }),
    plain,
  ],
  [
    'GeneralConv with attention by products',
    (generator) => new graph.GeneralConv(4, 3, { attention: true, attentionType: 'dot_product', generator }),
    plain,
  ],
  [
    'GeneralConv of both ends and attributes',
    (generator) =>
      new graph.GeneralConv(4, 3, { inEdgeChannels: 3, directedMsg: false, attention: true, heads: 2, generator }),
    attributed,
  ],
];

describe.each(layers)('%s', (_, make, facts) => {
  keepsToLayerRules({ make, ...facts });
});

describe.each([null, 'sym', 'rw'] as const)('ChebConv with Laplacian %s', (normalization) => {
  keepsToLayerRules({
    make: (generator) => new graph.ChebConv(4, 3, { K: 3, normalization, generator }),
    run: (layer, example) => layer.forward(example.x, example.edges, { edgeWeight: weightOf(example) }),
  });
});

describe.each([true, false])('GCN2Conv with shared weights %s', (sharedWeights) => {
  keepsToLayerRules({
    make: (generator) => new graph.GCN2Conv(4, { alpha: 0.1, theta: 0.5, layer: 2, sharedWeights, generator }),
    run: (layer, example) => layer.forward(example.x, tf.square(example.x), example.edges, weightOf(example)),
  });
});

describe('FAConv', () => {
  keepsToLayerRules({
    make: (generator) => new graph.FAConv(4, { generator }),
    run: (layer, { x, edges }) => layer.forward(x, tf.square(x), edges),
  });
});

describe('FiLMConv with relations', () => {
  keepsToLayerRules({
    make: (generator) => new graph.FiLMConv(4, 3, { numRelations: 3, act: 'elu', generator }),
    run: (layer, { x, typed }) => layer.forward(x, typed),
  });
});

describe('attention loss of SuperGATConv', () => {
  keepsToLayerRules({
    make: (generator) => new graph.SuperGATConv(4, 3, { heads: 2, generator }),
    run: (layer, { x, edges }) => layer.attentionLoss(x, edges, graph.reverseEdges(edges)),
    gives: 'graph',
    // they weigh neighbours, and the loss looks at the inner products alone
    withoutGradient: ['att_l', 'att_r', 'bias'],
  });
});

const path = (): EdgeIndex => new EdgeIndex([[0, 1, 1, 2], [1, 0, 2, 1]], 4); // prettier-ignore

it('features spread once and then mapped are what SGConv gives', () => {
  const layer = new graph.SGConv(3, 2, { K: 3, generator: new Generator(1) });
  const edges = path();
  scope(() => {
    const x = normalTensor([4, 3], 0, 1, new Generator(2));
    expectClose(layer.lin.forward(graph.propagateHops(x, edges, 3)), layer.forward(x, edges));
  });
  layer.dispose();
  edges.dispose();
});

it('spreading features frees what it makes', () => {
  const edges = path();
  const x = tf.ones([4, 3]);
  graph.propagateHops(x, edges, 2).dispose();
  const before = tf.memory().numTensors;
  graph.propagateHops(x, edges, 2).dispose();
  graph.propagateHops(x, edges, 0).dispose();
  expect(tf.memory().numTensors).toBe(before);
  x.dispose();
  edges.dispose();
});

it('APPNP drops edges while training only', () => {
  const layer = new graph.APPNP({ K: 2, alpha: 0.1, dropout: 0.5, generator: new Generator(3) });
  const edges = path();
  scope(() => {
    const x = normalTensor([4, 3], 0, 1, new Generator(2));
    const dropped = layer.forward(x, edges);
    const whole = layer.eval().forward(x, edges);
    expect(tf.max(tf.abs(tf.sub(whole, dropped))).dataSync()[0]).toBeGreaterThan(1e-3);
    expectClose(layer.forward(x, edges), whole);
  });
  edges.dispose();
});

it('ChebConv takes the largest eigenvalue of each graph of a batch', () => {
  const layer = new graph.ChebConv(3, 2, { K: 3, normalization: null, generator: new Generator(1) });
  const alone = new EdgeIndex([[0, 1], [1, 0]], 2); // prettier-ignore
  const both = new EdgeIndex([[0, 1, 2, 3], [1, 0, 3, 2]], 4); // prettier-ignore

  const segments = new functional.Segments([0, 0, 1, 1], 2);
  scope(() => {
    const x = normalTensor([4, 3], 0, 1, new Generator(2));
    const expected = [2, 3].map((lambdaMax, i) => layer.forward(tf.slice(x, 2 * i, 2), alone, { lambdaMax }));
    const lambdaMax = tf.tensor1d([2, 3]);
    expectClose(layer.forward(x, both, { lambdaMax, batch: segments }), tf.concat(expected));
    expect(() => layer.forward(x, both, { lambdaMax })).toThrow(/no batch to say which node/);
  });
  for (const made of [layer, alone, both, segments]) made.dispose();
});

it('layers of bipartite graphs take both sides', () => {
  const edges = new EdgeIndex([[0, 1, 2, 2], [1, 0, 0, 1]], [3, 2]); // prettier-ignore
  const generator = new Generator(1);
  scope(() => {
    const x = [normalTensor([3, 4], 0, 1, generator), normalTensor([2, 5], 0, 1, generator)] as const;
    for (const layer of [
      new graph.GraphConv([4, 5], 3, { generator }),
      new graph.LEConv([4, 5], 3, { generator }),
      new graph.ResGatedGraphConv([4, 5], 3, { generator }),
      new graph.FiLMConv([4, 5], 3, { generator }),
      new graph.MFConv([4, 5], 3, { generator }),
      new graph.GeneralConv([4, 5], 3, { attention: true, generator }),
    ]) {
      expect(layer.forward(x, edges).shape, layer.constructor.name).toEqual([2, 3]);
      layer.dispose();
    }
    expect(() => new graph.SGConv(4, 3).forward(x[0], edges)).toThrow(/one set of nodes, got edges from 3 nodes to 2/);
  });
  edges.dispose();
});

it.each([
  [() => new graph.EGConv(4, 6), /6 output channels cannot be shared by 8 heads/],
  [() => new graph.EGConv(4, 8, { aggregators: ['median' as 'mean'] }), /unknown aggregator median; there are sum/],
  [() => new graph.GCN2Conv(4, { alpha: 0.1, theta: 0.5 }), /theta and layer belong together/],
  [() => new graph.ChebConv(4, 3, { K: 0 }), /K must be a positive whole number, got 0/],
  [() => new graph.MixHopConv(4, 3, { powers: [-1] }), /powers must be whole numbers, got \[-1\]/],
])('says what is wrong with its options', (make, message) => {
  expect(make).toThrow(message);
});

it.each([
  [(x: tf.Tensor, edges: EdgeIndex) => new graph.GatedGraphConv(2, { numLayers: 1 }).forward(x, edges), /3 wide, more/],
  [
    (x: tf.Tensor, edges: EdgeIndex) => new graph.TAGConv(4, 2).forward(x, edges),
    /TAGConv takes features \[4 nodes, 4\]/,
  ],
  [
    (x: tf.Tensor, edges: EdgeIndex) => new graph.FiLMConv(3, 2, { numRelations: 2 }).forward(x, edges),
    /several relations need TypedEdges/,
  ],
  [
    (x: tf.Tensor, edges: EdgeIndex) => new graph.FiLMConv(3, 2).forward(x, new TypedEdges(edges, [0, 1, 0, 1], 2)),
    /the edges have 2 types, the layer was made for 1/,
  ],
  [(x: tf.Tensor, edges: EdgeIndex) => new graph.FAConv(3).forward(x, x, edges, tf.ones([4])), /none with it/],
])('says what is wrong with its inputs', (run, message) => {
  const edges = path();
  scope(() => {
    expect(() => run(tf.ones([4, 3]), edges)).toThrow(message);
  });
  edges.dispose();
});
