import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, Linear, normalTensor, ReLU, scope, Sequential } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { degreeHistogram, EdgeIndex, GATConv, GINConv, GPSConv, PNAConv } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

const aggregators = ['mean', 'max', 'min', 'std', 'var'] as const;
const scalers = ['identity', 'amplification', 'attenuation', 'linear', 'inverse_linear'] as const;

describe.each([true, false])('PNAConv with towers, input divided: %s', (divideInput) => {
  keepsToLayerRules({
    make: (generator) =>
      new PNAConv(4, 6, {
        aggregators,
        scalers,
        deg: [1, 4, 2, 1],
        edgeDim: 3,
        towers: 2,
        preLayers: 2,
        postLayers: 2,
        divideInput,
        trainNorm: true,
        generator,
      }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('GPSConv', () => {
  keepsToLayerRules({
    make: (generator) =>
      new GPSConv(
        4,
        new GINConv(new Sequential(new Linear(4, 8, { generator }), new ReLU(), new Linear(8, 4, { generator })), {
          trainEps: true,
        }),
        { heads: 2, norm: null, generator },
      ),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });

  it('does with a batch of graphs what it does with each alone', () => {
    const generator = new Generator(4);
    const layer = new GPSConv(4, new GATConv(4, 2, { heads: 2, edgeDim: 3, generator }), {
      heads: 2,
      norm: null,
      generator,
    });
    // nodes 0, 2, 3 are of one graph, 1 and 4 of another; between them is an empty one
    const edges = new EdgeIndex(
      [
        [0, 2, 1, 4, 3],
        [2, 3, 4, 1, 0],
      ],
      5,
    );
    const batch = new functional.Segments([0, 2, 0, 0, 2], 3);
    const first = new EdgeIndex(
      [
        [0, 1, 2],
        [1, 2, 0],
      ],
      3,
    );
    const second = new EdgeIndex(
      [
        [0, 1],
        [1, 0],
      ],
      2,
    );
    scope(() => {
      const [x, attributes] = [normalTensor([5, 4], 0, 1, generator), normalTensor([5, 3], 0, 1, generator)];
      const part = (nodes: number[], edges: EdgeIndex, order: number[]): tf.Tensor =>
        layer.forward(tf.gather(x, nodes), edges, null, tf.gather(attributes, order));
      const alone = tf.concat([part([0, 2, 3], first, [0, 1, 4]), part([1, 4], second, [2, 3])]);
      const together = layer.forward(x, edges, batch, attributes);
      expectClose(tf.gather(together, [0, 2, 3, 1, 4]), alone, { rtol: 1e-4, atol: 1e-5 });
    });
    for (const made of [edges, batch, first, second, layer]) made.dispose();
  });
});

it('degreeHistogram counts nodes by the edges that lead to them', () => {
  const graphs = [
    new EdgeIndex(
      [
        [0, 1, 2],
        [1, 1, 0],
      ],
      3,
    ),
    new EdgeIndex([[], []], 2),
  ];
  expect(degreeHistogram(graphs)).toEqual([3, 1, 1]);
  for (const graph of graphs) graph.dispose();
});

it('PNAConv says which names of scalers there are, and what does not divide', () => {
  const options = { aggregators, deg: [1, 1] };
  expect(() => new PNAConv(4, 4, { ...options, scalers: ['log' as 'linear'] })).toThrow('there are identity');
  expect(() => new PNAConv(4, 5, { ...options, scalers, towers: 2 })).toThrow('do not divide into 2 towers');
  expect(() => new PNAConv(4, 4, { aggregators, scalers, deg: [] })).toThrow('counts no node');
});
