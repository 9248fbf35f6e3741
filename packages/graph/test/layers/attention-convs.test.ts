import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, GATConv, GATv2Conv, TransformerConv } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe('GATv2Conv with attributes of edges', () => {
  keepsToLayerRules({
    make: (generator) => new GATv2Conv(4, 3, { heads: 2, edgeDim: 3, residual: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('GATv2Conv that works off its edges in pieces', () => {
  const make = (edgesAtOnce: number, generator: Generator): GATv2Conv =>
    new GATv2Conv(4, 3, { heads: 2, edgeDim: 3, edgesAtOnce, generator });
  keepsToLayerRules({
    make: (generator) => make(7, generator),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });

  it('gives what it gives all at once, gradients too', () => {
    const edges = new EdgeIndex(
      [
        [0, 1, 2, 3, 3, 0, 2],
        [1, 2, 3, 0, 1, 1, 0],
      ],
      4,
    );
    const [pieces, whole] = [make(3, new Generator(1)), make(100, new Generator(1))];
    scope(() => {
      const generator = new Generator(2);
      const [x, attributes] = [normalTensor([4, 4], 0, 1, generator), normalTensor([7, 3], 0, 1, generator)];
      const [ours, theirs] = [pieces, whole].map((layer) =>
        valueAndGradients(() => tf.sum(tf.sin(layer.forward(x, edges, attributes))), layer.parameters()),
      );
      expectClose(ours!.value, theirs!.value);
      const gradients = [...theirs!.gradients.values()];
      [...ours!.gradients.values()].forEach((gradient, i) =>
        expectClose(gradient, gradients[i]!, { rtol: 1e-4, atol: 1e-5 }),
      );
      expect(gradients.length).toBe(7);
    });
    for (const made of [edges, pieces, whole]) made.dispose();
  });
});

it.each([
  ['min', 1],
  ['max', 5],
  ['add', 6],
  ['mul', 5],
  [2, 2],
] as const)('GATConv gives new loops the attributes %s', (fillValue, expected) => {
  // node 1 hears of 0 with attribute 1 and 5; its old loop does not count
  const edges = new EdgeIndex([[0, 0, 1], [1, 1, 1]], 2); // prettier-ignore
  const layer = new GATConv(1, 1, { edgeDim: 1, fillValue, generator: new Generator(1) });
  const given = new GATConv(1, 1, { edgeDim: 1, addSelfLoops: false, generator: new Generator(1) });
  const looped = new EdgeIndex([[0, 0, 1], [1, 1, 1]], 2); // prettier-ignore
  scope(() => {
    const x = tf.tensor2d([1, -2], [2, 1]);
    const ours = layer.forward(x, edges, tf.tensor2d([1, 5, 9], [3, 1])).dataSync();
    const theirs = given.forward(x, looped, tf.tensor2d([1, 5, expected], [3, 1])).dataSync();
    expect(ours[1]).toBeCloseTo(theirs[1]!, 5);
  });
  for (const made of [edges, looped, layer, given]) made.dispose();
});

describe('TransformerConv with attributes of edges', () => {
  keepsToLayerRules({
    make: (generator) => new TransformerConv(4, 3, { heads: 2, edgeDim: 3, beta: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
    // every score at a node is shifted alike
    withoutGradient: ['lin_key.bias'],
  });
});
