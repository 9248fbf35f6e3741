import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  EdgeIndex,
  laplacianEigenpairs,
  laplacianEncoding,
  PositionalEncoding,
  randomWalkEncoding,
  toDenseAdjacency,
  toUndirected,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

/** An undirected graph: random edges among nodes, in both directions, each once. */
function randomGraph(nodes: number, edges: number, seed: number): EdgeIndex {
  const generator = new Generator(seed);
  const draw = (): Int32Array => Int32Array.from({ length: edges }, () => generator.integer(0, nodes));
  return new EdgeIndex([draw(), draw()], nodes);
}

describe('laplacianEncoding', () => {
  it('gives the waves of a ring', () => {
    const n = 8;
    const nodes = Array.from({ length: n }, (_, i) => i);
    const ring = new EdgeIndex([nodes, nodes.map((i) => (i + 1) % n)], n);
    const { edges } = toUndirected(ring);
    const { values, vectors } = laplacianEigenpairs(edges, 5);
    const expected = [0, 1, 1, 2, 2].map((wave) => 1 - Math.cos((2 * Math.PI * wave) / n));
    values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 8));
    for (const vector of vectors) {
      const largest = vector.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      expect(vector.find((value) => Math.abs(value) > 0.9999 * largest)).toBeGreaterThan(0);
    }
    ring.dispose();
  });

  it('is the same by iteration as by the dense solver, also in several components', () => {
    // 110 nodes of which some are alone, in some components
    const graph = randomGraph(110, 85, 3);
    const { edges } = toUndirected(graph);
    const count = 16;
    const dense = laplacianEigenpairs(edges, count, { solver: 'dense' });
    const iterative = laplacianEigenpairs(edges, count, { solver: 'iterative', tolerance: 1e-8 });
    expect(dense.values.filter((value) => value === 0).length).toBeGreaterThan(2);
    dense.values.forEach((value, i) => expect(iterative.values[i]).toBeCloseTo(value, 8));
    // simple eigenvalues have one vector, and one sign
    for (let i = 0; i < count; i++) {
      const gap = Math.min(
        Math.abs(dense.values[i]! - (dense.values[i - 1] ?? -1)),
        Math.abs(dense.values[i]! - (dense.values[i + 1] ?? dense.values[i]!)),
      );
      if (gap < 1e-3 && dense.values[i] !== 0) continue;
      dense.vectors[i]!.forEach((value, node) => expect(iterative.vectors[i]![node]).toBeCloseTo(value, 4));
    }
    graph.dispose();
  });

  it('finds all vectors of an eigenvalue that has many', () => {
    const leaves = Array.from({ length: 59 }, (_, i) => i + 1);
    const star = new EdgeIndex([leaves.map(() => 0), leaves], 60);
    // two grids, which have pairs of equal eigenvalues each
    const [source, destination]: [number[], number[]] = [[], []];
    for (let node = 0; node < 98; node++) {
      const [x, y] = [node % 7, Math.floor(node / 7) % 7];
      if (x < 6) destination[source.push(node) - 1] = node + 1;
      if (y < 6) destination[source.push(node) - 1] = node + 7;
    }
    const grids = new EdgeIndex([source, destination], 98);
    for (const [graph, count] of [
      [star, 7],
      [grids, 12],
    ] as const) {
      const { edges } = toUndirected(graph);
      const dense = laplacianEigenpairs(edges, count, { solver: 'dense' });
      const { values, vectors } = laplacianEigenpairs(edges, count, { solver: 'iterative' });
      dense.values.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 8));
      scope(() => {
        const all = tf.tensor2d(vectors.map((vector) => [...vector]));
        expectClose(tf.matMul(all, all, false, true), tf.eye(count), { atol: 1e-5 });
      });
      graph.dispose();
    }
  });

  it('keeps to the definition on a larger graph', () => {
    const graph = randomGraph(3000, 12000, 5);
    const { edges } = toUndirected(graph);
    const k = 6;
    scope(() => {
      const encoding = laplacianEncoding(edges, k);
      const values = laplacianEigenpairs(edges, k + 1).values;
      const gram = tf.matMul(encoding, encoding, true, false);
      expectClose(gram, tf.eye(k), { atol: 1e-5 });
      expect(Array.from(values)).toEqual(Array.from(values.slice().sort()));
      expect(values[1]).toBeGreaterThan(0.01);
    });
    graph.dispose();
  });

  it('follows a renumbering of the nodes', () => {
    const graph = randomGraph(40, 90, 7);
    const { edges } = toUndirected(graph);
    const renamed = new Generator(1).permutation(40);
    const other = new EdgeIndex(
      [edges.source.map((node) => renamed[node]!), edges.destination.map((node) => renamed[node]!)],
      40,
    );
    scope(() => {
      const ours = laplacianEncoding(edges, 4);
      const theirs = laplacianEncoding(other, 4);
      expectClose(tf.gather(theirs, Int32Array.from(renamed)), ours, { atol: 1e-5 });
    });
    graph.dispose();
    other.dispose();
  });

  it('treats what is hardly a graph', () => {
    const lonely = new EdgeIndex([[], []], 3);
    const pair = new EdgeIndex([[0, 1, 2], [1, 0, 2]], 3); // prettier-ignore
    const none = new EdgeIndex([[], []], 0);
    scope(() => {
      expect(laplacianEncoding(none, 2).shape).toEqual([0, 2]);
      expect([...laplacianEncoding(lonely, 4).dataSync()].every(Number.isFinite)).toBe(true);
      const encoding = laplacianEncoding(pair, 4);
      expect(encoding.shape).toEqual([3, 4]);
      // beyond the number of nodes there are zeros
      expect([...tf.slice(encoding, [0, 2]).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    });
    for (const edges of [lonely, pair, none]) edges.dispose();
  });

  it('refuses directed graphs and wrong numbers', () => {
    const directed = new EdgeIndex([[0, 1], [1, 2]], 3); // prettier-ignore
    expect(() => laplacianEncoding(directed, 1)).toThrow(/from node 0 to 1 is not what leads back: make it undirected/);
    const { edges } = toUndirected(directed);
    expect(() => laplacianEncoding(edges, 0)).toThrow(/k must be a positive whole number/);
    expect(() => laplacianEncoding(edges, 1, { weights: [1] })).toThrow(/1 weights for 4 edges/);
    expect(() => laplacianEncoding(edges, 1, { weights: [1, 1, -1, -1] })).toThrow(/must be positive, got -1/);
    directed.dispose();
  });

  it('draws signs', () => {
    const graph = randomGraph(30, 60, 2);
    const { edges } = toUndirected(graph);
    scope(() => {
      const fixed = laplacianEncoding(edges, 8);
      const drawn = laplacianEncoding(edges, 8, { randomSigns: new Generator(3) });
      expectClose(tf.abs(drawn), tf.abs(fixed));
      const signs = [...tf.sum(tf.mul(drawn, fixed), 0).dataSync()].map(Math.round);
      expect(new Set(signs)).toEqual(new Set([1, -1]));
    });
    graph.dispose();
  });
});

describe('randomWalkEncoding', () => {
  it('is the diagonal of the powers', () => {
    const graph = randomGraph(20, 45, 6);
    const { edges } = toUndirected(graph);
    scope(() => {
      const adjacency = tf.squeeze(toDenseAdjacency(edges), [0]);
      const step = tf.div(adjacency, tf.maximum(tf.sum(adjacency, 1, true), 1)) as tf.Tensor2D;
      const columns: tf.Tensor[] = [];
      let power: tf.Tensor2D = tf.eye(20);
      for (let i = 0; i < 5; i++) {
        power = tf.matMul(power, step);
        columns.push(tf.sum(tf.mul(power, tf.eye(20)), 1));
      }
      expectClose(randomWalkEncoding(edges, 5), tf.stack(columns, 1), { rtol: 1e-5, atol: 1e-6 });
    });
    graph.dispose();
  });

  it('treats lonely nodes, no nodes and wrong numbers', () => {
    const edges = new EdgeIndex([[0], [0]], 2);
    const none = new EdgeIndex([[], []], 0);
    scope(() => {
      expect(randomWalkEncoding(edges, 3).arraySync()).toEqual([[1, 1, 1], [0, 0, 0]]); // prettier-ignore
      expect(randomWalkEncoding(none, 3).shape).toEqual([0, 3]);
      expect(() => randomWalkEncoding(edges, 0)).toThrow(/walkLength/);
      expect(() => randomWalkEncoding(edges, 1, [1, 2])).toThrow(/2 weights for 1 edges/);
    });
    edges.dispose();
    none.dispose();
  });
});

it('encodes positions by waves', () => {
  expect(() => new PositionalEncoding(3)).toThrow(/outChannels must be even/);
  const encoding = new PositionalEncoding(4, { granularity: 2 });
  scope(() => {
    const waves = [Math.sin(1.5), Math.sin(1.5e-4), Math.cos(1.5), Math.cos(1.5e-4)];
    expectClose(encoding.forward(tf.tensor1d([3])), tf.tensor2d([waves]), { atol: 1e-6 });
  });
  encoding.dispose();
});
