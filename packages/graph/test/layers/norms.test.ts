import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import * as graph from '@hourglass/graph';
import { normalizationOf, type Normalization } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

const norms: Readonly<Record<string, (generator: Generator) => Normalization>> = {
  BatchNorm: () => new graph.BatchNorm(4),
  DiffGroupNorm: (generator) => new graph.DiffGroupNorm(4, { groups: 3, generator }),
  GraphNorm: () => new graph.GraphNorm(4),
  GraphSizeNorm: () => new graph.GraphSizeNorm(),
  InstanceNorm: () => new graph.InstanceNorm(4, { affine: true }),
  'LayerNorm of graphs': () => new graph.LayerNorm(4),
  'LayerNorm of nodes': () => new graph.LayerNorm(4, { mode: 'node' }),
  MeanSubtractionNorm: () => new graph.MeanSubtractionNorm(),
  PairNorm: () => new graph.PairNorm({ scale: 2 }),
  'PairNorm of each node': () => new graph.PairNorm({ scaleIndividually: true }),
};

describe.each(Object.entries(norms))('%s', (_, make) => {
  keepsToLayerRules({ make, run: (layer, { x }) => layer.forward(x) });
});

describe('MessageNorm', () => {
  keepsToLayerRules({
    make: () => new graph.MessageNorm({ learnScale: true }),
    run: (layer, { x }) => layer.forward(x, tf.square(x)),
  });
});

/** Two graphs whose nodes are mixed. */
const ids = [0, 1, 0, 0, 1];
const members = [0, 1].map((graph) => ids.flatMap((id, node) => (id === graph ? [node] : [])));

// the reference adds eps to the deviation of a single graph, and to the variance of several
const byGraph = ['graph', 'graph_size', 'instance', 'mean_subtraction', 'pair'];

it.each(byGraph)('norm %s takes each graph of a batch by itself', (name) => {
  const layer = normalizationOf(name, 4);
  const batch = new functional.Segments(ids, 2);
  scope(() => {
    const x = normalTensor([5, 4], 1, 2, new Generator(1));
    const together = layer.forward(x, batch);
    for (const nodes of members) {
      const own = tf.gather(x, nodes);
      expectClose(tf.gather(together, nodes), layer.forward(own), { rtol: 1e-4, atol: 1e-5 });
    }
  });
  layer.dispose();
  batch.dispose();
});

it('by name has its options; a PairNorm is scaled by the width, as the reference does', () => {
  scope(() => {
    const x = normalTensor([5, 4], 1, 2, new Generator(1));
    const close = (name: string, options: graph.NormalizationOptions, norm: Normalization): void =>
      expectClose(normalizationOf(name, 4, options).forward(x), norm.forward(x));
    close('layer_norm', { mode: 'node' }, new graph.LayerNorm(4, { mode: 'node' }));
    close('pair_norm', {}, new graph.PairNorm({ scale: 4 }));
    close('pair', { scale: 2 }, new graph.PairNorm({ scale: 2 }));
  });
});

it('GraphNorm of no nodes has finite gradients', () => {
  const layer = new graph.GraphNorm(3);
  scope(() => {
    const { gradients } = valueAndGradients(() => tf.sum(layer.forward(tf.zeros([0, 3]))), layer.parameters());
    // of whichever sign
    for (const gradient of gradients.values()) expect(Array.from(gradient.dataSync(), Math.abs)).toEqual([0, 0, 0]);
  });
  layer.dispose();
});

it('LayerNorm gives each graph mean 0 and variance 1 over nodes and channels', () => {
  const layer = new graph.LayerNorm(4);
  const batch = new functional.Segments(ids, 2);
  scope(() => {
    const y = layer.forward(normalTensor([5, 4], 1, 2, new Generator(1)), batch);
    for (const nodes of members) {
      const { mean, variance } = tf.moments(tf.gather(y, nodes));
      expect(mean.dataSync()[0]).toBeCloseTo(0, 5);
      expect(variance.dataSync()[0]).toBeCloseTo(1, 4);
    }
  });
  layer.dispose();
  batch.dispose();
});

it('InstanceNorm keeps running statistics, the same for a batch of one graph as without one', () => {
  const [one, other] = [0, 1].map(() => new graph.InstanceNorm(3, { trackRunningStats: true, momentum: 0.5 }));
  const batch = new functional.Segments([0, 0, 0, 0], 1);
  scope(() => {
    const x = normalTensor([4, 3], 5, 2, new Generator(1));
    one!.forward(x);
    other!.forward(x, batch);
    const { mean, variance } = tf.moments(x, 0);
    expectClose(one!.running_mean!.value, tf.mul(mean, 0.5));
    // four nodes, so the unbiased variance is 4 / 3 of the biased one
    expectClose(one!.running_var!.value, tf.add(0.5, tf.mul(variance, 0.5 * (4 / 3))));
    expectClose(other!.running_mean!.value, one!.running_mean!.value);
    expectClose(other!.running_var!.value, one!.running_var!.value);
    // evaluation uses them
    const expected = tf.div(tf.sub(x, one!.running_mean!.value), tf.sqrt(tf.add(one!.running_var!.value, 1e-5)));
    expectClose(one!.eval().forward(x), expected);
  });
  for (const made of [one!, other!, batch]) made.dispose();
});

it.each(['batch_norm', 'BatchNorm', 'batch', 'GraphNorm', 'graph_size_norm', 'pair norm'])(
  'knows a norm by the name %s',
  (name) => {
    const layer = normalizationOf(name, 4);
    expect(layer.constructor.name.toLowerCase()).toContain(name.toLowerCase().split(/norm|[_ ]/)[0]);
    layer.dispose();
  },
);
