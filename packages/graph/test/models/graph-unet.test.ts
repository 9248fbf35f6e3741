import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { EdgeIndex, edgeProduct, GraphUNet } from '@hourglass/graph';
import { keepsToLayerRules } from '../layers/properties.js';

beforeAll(() => useTestBackend('wasm'));

const widths = { inChannels: 4, hiddenChannels: 5, outChannels: 3 };
const make = (generator: Generator, more: { readonly sumRes?: boolean } = {}): GraphUNet =>
  new GraphUNet({ ...widths, depth: 2, poolRatios: [0.7, 0.6], act: 'tanh', generator, ...more });

describe('a sum of both ways', () =>
  keepsToLayerRules({ make, run: (model, { x, edges }) => model.forward(x, edges) }));

describe('both ways side by side', () =>
  keepsToLayerRules({
    make: (generator) => make(generator, { sumRes: false }),
    run: (model, { x, edges }) => model.forward(x, edges),
  }));

describe('GraphUNet', () => {
  it('treats graphs of a batch as if each were alone, also an empty one', () => {
    const model = make(new Generator(2)).eval();
    const ends = [[0, 1, 2, 3, 0, 4], [1, 2, 3, 0, 2, 4]] as const; // prettier-ignore
    const one = new EdgeIndex(ends, 5);
    const both = new EdgeIndex(
      [
        [...ends[0], ...ends[0].map((i) => i + 5)],
        [...ends[1], ...ends[1].map((i) => i + 5)],
      ],
      10,
    );
    const batch = new functional.Segments([0, 0, 0, 0, 0, 2, 2, 2, 2, 2], 3);
    scope(() => {
      const [a, b] = [1, 2].map((seed) => normalTensor([5, 4], 0, 1, new Generator(seed))) as [tf.Tensor, tf.Tensor];
      expectClose(
        model.forward(tf.concat([a, b]), both, { batch }),
        tf.concat([model.forward(a, one), model.forward(b, one)]),
        { rtol: 1e-5, atol: 1e-6 },
      );
    });
    for (const made of [one, both, batch, model]) made.dispose();
  });

  it('treats no edges, one node and no nodes', () => {
    const model = make(new Generator(2));
    for (const nodes of [3, 1, 0]) {
      const edges = new EdgeIndex([[], []], nodes);
      scope(() => {
        const y = model.forward(tf.ones([nodes, 4]), edges);
        expect(y.shape).toEqual([nodes, 3]);
        expect([...y.dataSync()].every(Number.isFinite)).toBe(true);
      });
      edges.dispose();
    }
    model.dispose();
  });

  it('is the same after saving and loading', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'graph-unet-'));
    const model = make(new Generator(4), { sumRes: false });
    await model.savePretrained(folder);
    const loaded = await GraphUNet.fromPretrained(folder);
    expect(loaded.config).toEqual(model.config);
    const edges = new EdgeIndex([[0, 1], [1, 2]], 3); // prettier-ignore
    scope(() =>
      expectClose(loaded.forward(tf.ones([3, 4]), edges), model.forward(tf.ones([3, 4]), edges), { atol: 0 }),
    );
    for (const made of [edges, model, loaded]) made.dispose();
    await rm(folder, { recursive: true });
  });

  it('refuses depths and ratios that make no sense', () => {
    expect(() => new GraphUNet({ ...widths, depth: 0 })).toThrow(/depth must be a whole number from 1 on, got 0/);
    expect(() => new GraphUNet({ ...widths, depth: 2, poolRatios: [0.5] })).toThrow(
      /1 pooling ratios for a depth of 2/,
    );
    expect(() => new GraphUNet({ ...widths, depth: 1, poolRatios: -1 })).toThrow(/ratio must be a share/);
  });
});

describe('edgeProduct', () => {
  it('is the product of the matrices', () => {
    const a = new EdgeIndex([[0, 1, 1, 2, 0], [1, 0, 1, 1, 1]], [3, 2]); // prettier-ignore
    const b = new EdgeIndex([[0, 1, 1], [3, 0, 3]], [2, 4]); // prettier-ignore
    const product = edgeProduct(a, b);
    scope(() => {
      const [x, y] = [tf.tensor1d([1, 2, 3, 4, 5]), tf.tensor1d([6, 7, 8])];
      const matrix = (edges: EdgeIndex, values: tf.Tensor): number[][] => {
        const dense = tf.buffer([edges.sources, edges.destinations]);
        const entries = values.dataSync();
        edges.source.forEach((from, e) => {
          const to = edges.destination[e]!;
          dense.set(dense.get(from, to) + entries[e]!, from, to);
        });
        return dense.toTensor().arraySync() as number[][];
      };
      const expected = tf.matMul(matrix(a, x), matrix(b, y)).arraySync();
      expect(matrix(product.edges, product.multiply(x, y))).toEqual(expected);
      expect(product.edges.edges).toBe(6);
    });
    expect(() => edgeProduct(b, a)).toThrow(/lead to 4 nodes, and others start at 3/);
    for (const made of [a, b, product]) made.dispose();
  });
});
