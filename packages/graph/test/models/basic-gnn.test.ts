import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope, type Checkpoint } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  EdgeIndex,
  GAT,
  GCN,
  GCN2,
  gcnFamilies,
  GIN,
  GINGraphClassifier,
  GraphSAGE,
  type BasicGNN,
} from '@hourglass/graph';
import { keepsToLayerRules } from '../layers/properties.js';

beforeAll(() => useTestBackend('wasm'));

const sizes = { inChannels: 4, hiddenChannels: 6, numLayers: 3 };

const networks: Readonly<Record<string, (generator: Generator) => BasicGNN>> = {
  'GCN that gives hidden features': (generator) => new GCN({ ...sizes, generator }),
  'GCN with layers side by side': (generator) =>
    new GCN({ ...sizes, outChannels: 2, jk: 'cat', norm: 'batch_norm', actFirst: true, generator }),
  'GCN with attention to layers': (generator) => new GCN({ ...sizes, jk: 'lstm', act: 'elu', generator }),
  'GraphSAGE with the largest of the layers': (generator) =>
    new GraphSAGE({ ...sizes, outChannels: 2, jk: 'max', aggr: 'max', act: 'tanh', generator }),
  GIN: (generator) => new GIN({ ...sizes, outChannels: 2, trainEps: true, norm: 'batch', act: 'elu', generator }),
  GAT: (generator) => new GAT({ ...sizes, outChannels: 2, heads: 3, jk: 'last', act: 'elu', generator }),
  'GAT v2 with a norm of each node': (generator) =>
    new GAT({ ...sizes, outChannels: 2, v2: true, norm: 'layer', normOptions: { mode: 'node' }, generator }),
};

describe.each(Object.entries(networks))('%s', (_, make) => {
  keepsToLayerRules({ make, run: (model, { x, edges }) => model.forward(x, edges) });
});

const ring = (nodes: number): EdgeIndex => {
  const all = Array.from({ length: nodes }, (_, node) => node);
  return new EdgeIndex([all, all.map((node) => (node + 1) % nodes)], nodes);
};

const load: Readonly<Record<string, (folder: string) => Promise<BasicGNN>>> = {
  GCN: GCN.fromPretrained,
  GraphSAGE: GraphSAGE.fromPretrained,
  GIN: GIN.fromPretrained,
  GAT: GAT.fromPretrained,
};

it.each(Object.entries(networks))('%s is the same when it was saved and loaded', async (_, make) => {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-gnn-'));
  const model = make(new Generator(2));
  await model.savePretrained(folder);
  const loaded = await load[model.constructor.name]!(folder);
  expect(loaded.config).toEqual(model.config);
  const edges = ring(5);
  scope(() => {
    const x = normalTensor([5, 4], 0, 1, new Generator(3));
    expectClose(loaded.eval().forward(x, edges), model.eval().forward(x, edges), { rtol: 0, atol: 0 });
  });
  model.dispose();
  loaded.dispose();
  edges.dispose();
  await rm(folder, { recursive: true });
});

it('a classifier of graphs takes each graph by itself, and is the same when it was saved and loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-gnn-'));
  const model = new GINGraphClassifier({ ...sizes, classes: 3, generator: new Generator(2) });
  await model.savePretrained(folder);
  const loaded = await GINGraphClassifier.fromPretrained(folder);
  const both = new EdgeIndex([[0, 1, 2, 3, 4], [1, 2, 0, 4, 3]], 5); // prettier-ignore
  const [first, second] = [new EdgeIndex([[0, 1, 2], [1, 2, 0]], 3), new EdgeIndex([[0, 1], [1, 0]], 2)]; // prettier-ignore
  const segments = [
    [0, 0, 0, 1, 1],
    [0, 0, 0],
    [0, 0],
  ].map((ids) => new functional.Segments(ids, ids.at(-1)! + 1));
  scope(() => {
    const x = normalTensor([5, 4], 0, 1, new Generator(3));
    const y = model.eval().forward(x, both, segments[0]!);
    expect(y.shape).toEqual([2, 3]);
    const alone = [
      model.forward(tf.slice(x, 0, 3), first, segments[1]!),
      model.forward(tf.slice(x, 3), second, segments[2]!),
    ];
    expectClose(y, tf.concat(alone));
    expectClose(loaded.eval().forward(x, both, segments[0]!), y, { rtol: 0, atol: 0 });
  });
  for (const made of [model, loaded, both, first, second, ...segments]) made.dispose();
  await rm(folder, { recursive: true });
});

describe('GCN2', () => {
  keepsToLayerRules({
    make: (generator) => new GCN2({ ...sizes, outChannels: 2, sharedWeights: false, generator }),
    run: (model, { x, edges }) => model.forward(x, edges),
  });
});

it('GCN2 is the same when it was saved and loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hourglass-gnn-'));
  const model = new GCN2({ ...sizes, outChannels: 2, alpha: 0.2, generator: new Generator(2) });
  await model.savePretrained(folder);
  const loaded = await GCN2.fromPretrained(folder);
  expect(loaded.config).toEqual(model.config);
  const edges = ring(5);
  scope(() => {
    const x = normalTensor([5, 4], 0, 1, new Generator(3));
    expectClose(loaded.forward(x, edges), model.forward(x, edges), { rtol: 0, atol: 0 });
  });
  for (const made of [model, loaded, edges]) made.dispose();
  await rm(folder, { recursive: true });
});

it('drops hidden values in training only, the same ones for the same seed', () => {
  const edges = ring(8);
  const [one, same] = [5, 5].map((seed) => new GCN({ ...sizes, dropout: 0.5, generator: new Generator(seed) }));
  scope(() => {
    const x = normalTensor([8, 4], 0, 1, new Generator(3));
    const dropped = one!.forward(x, edges);
    expectClose(same!.forward(x, edges), dropped, { rtol: 0, atol: 0 });
    const whole = one!.eval().forward(x, edges);
    expect(tf.max(tf.abs(tf.sub(whole, dropped))).dataSync()[0]).toBeGreaterThan(1e-3);
    expectClose(one!.forward(x, edges), whole, { rtol: 0, atol: 0 });
  });
  for (const made of [one!, same!, edges]) made.dispose();
});

it('refuses checkpoints of the reference with settings that it does not know', () => {
  const args = {
    inChannels: 1,
    hiddenChannels: 2,
    numLayers: 1,
    act: 'leaky_relu',
    act_kwargs: { negative_slope: 0.3 },
  };
  const config = { library: 'pyg', class: 'torch_geometric.nn.GCN(...)', args };
  const reference = gcnFamilies.find((family) => family.matches(config))!;
  expect(() => reference.build(config, {} as Checkpoint)).toThrow(/the checkpoint's has {"negative_slope":0.3}/);
});

it.each([
  [() => new GCN({ ...sizes, numLayers: 0 }), /GCN: numLayers must be a positive whole number, got 0/],
  [() => new GCN({ ...sizes, norm: 'no such' }), /unknown norm "no such"; there are batch/],
  [() => new GAT({ ...sizes, heads: 4 }), /4 heads side by side cannot be 6 wide/],
])('says what is wrong with its options', (make, message) => {
  expect(make).toThrow(message);
});
