import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import {
  coalesce,
  degree,
  EdgeIndex,
  farthestPoints,
  kHopSubgraph,
  knnGraph,
  laplacian,
  radiusGraph,
  subgraph,
  toDenseAdjacency,
  toDenseBatch,
  toUndirected,
  type AggregationName,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const pairs = (edges: EdgeIndex): string[] => Array.from(edges.source, (from, e) => `${from}>${edges.destination[e]!}`);

/** A chain 0 > 1 > 2 > 3, back from 2 to 1, a loop, a duplicate, and nodes 4 and 5 apart. */
const chain = (): EdgeIndex => new EdgeIndex([[2, 0, 1, 2, 3, 0], [3, 1, 2, 1, 3, 1]], 6); // prettier-ignore

describe('merged edges', () => {
  it('hold each pair once, in order, and their values', () => {
    const edges = chain();
    const merged = coalesce(edges);
    expect(pairs(merged.edges)).toEqual(['0>1', '1>2', '2>1', '2>3', '3>3']);
    expect(merged).toBe(coalesce(edges));
    const values = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const of = (reduce: AggregationName): number[] => scope(() => [...merged.merge(values, reduce).dataSync()]);
    expect(of('sum')).toEqual([8, 3, 4, 1, 5]);
    expect(of('max')).toEqual([6, 3, 4, 1, 5]);
    expect(of('mean')).toEqual([4, 3, 4, 1, 5]);
    scope(() => {
      expect(() => merged.merge(tf.ones([5]))).toThrow(/values of edges must be \[6, …\]/);
    });
    values.dispose();
    edges.dispose();
  });

  it('of both directions', () => {
    const edges = chain();
    const both = toUndirected(edges);
    expect(pairs(both.edges)).toEqual(['0>1', '1>0', '1>2', '2>1', '2>3', '3>2', '3>3']);
    scope(() => {
      expect([...both.merge(tf.range(1, 7)).dataSync()]).toEqual([8, 8, 7, 7, 1, 1, 10]);
    });
    edges.dispose();
    const bipartite = new EdgeIndex([[0], [1]], [1, 2]);
    expect(() => toUndirected(bipartite)).toThrow(/no edges back/);
    bipartite.dispose();
  });

  it('of none', () => {
    const edges = new EdgeIndex([[], []], 3);
    expect(coalesce(edges).edges.edges).toBe(0);
    expect(toUndirected(edges).edges.nodes).toBe(3);
    edges.dispose();
  });
});

describe('subgraphs', () => {
  it('keep edges between their nodes, renumbered', () => {
    const edges = chain();
    const part = subgraph(edges, [3, 1, 2]);
    expect(part.edges.nodes).toBe(3);
    expect(pairs(part.edges)).toEqual(['2>0', '1>2', '2>1', '0>0']);
    scope(() => {
      expect([...part.carry(tf.range(0, 6), 0).dataSync()]).toEqual([0, 2, 3, 4]);
    });
    part.dispose();
    expect(() => subgraph(edges, [1, 1])).toThrow(/node 1 is listed twice/);
    expect(() => subgraph(edges, [6])).toThrow(/number 0 of the list is 6, there are 6 nodes/);
    expect(() => subgraph(edges, [0.5])).toThrow(/is 0.5/);
    edges.dispose();
  });

  it('of all from which a node can be reached', () => {
    const edges = chain();
    const of = (seeds: number | number[], hops: number): { nodes: number[]; seeds: number[] } => {
      const found = kHopSubgraph(edges, seeds, hops);
      found.edges.dispose();
      return { nodes: [...found.nodes], seeds: [...found.seeds] };
    };
    expect(of(3, 0)).toEqual({ nodes: [3], seeds: [0] });
    expect(of(3, 2)).toEqual({ nodes: [1, 2, 3], seeds: [2] });
    expect(of([3, 5], 9)).toEqual({ nodes: [0, 1, 2, 3, 5], seeds: [3, 4] });
    expect(() => kHopSubgraph(edges, 7, 1)).toThrow(/no node 7 among 6/);
    expect(() => kHopSubgraph(edges, 0, -1)).toThrow(/hops must be a whole number from 0 on, got -1/);
    edges.dispose();
  });
});

describe('dense forms', () => {
  it('of edges graph by graph, with duplicates added up', () => {
    const edges = chain();
    const batch = new functional.Segments([1, 1, 1, 1, 0, 0], 3);
    scope(() => {
      const dense = toDenseAdjacency(edges, { batch, nodes: 4 });
      expect(dense.shape).toEqual([3, 4, 4]);
      expect((dense.arraySync() as number[][][])[1]).toEqual([[0, 2, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1]]); // prettier-ignore
      expect(tf.sum(dense).dataSync()[0]).toBe(6);
      expectGradient(
        (edgeAttr) => toDenseAdjacency(edges, { edgeAttr: edgeAttr!, batch }),
        [normalTensor([6, 2], 0, 1, new Generator(1))],
      );
      expect(() => toDenseAdjacency(edges, { nodes: 5 })).toThrow(/5 nodes are too few for a graph of 6/);
    });
    const torn = new functional.Segments([0, 1, 1, 1, 0, 0], 2);
    expect(() => toDenseAdjacency(edges, { batch: torn })).toThrow(/edge 1 leads from one graph/);
    for (const made of [edges, batch, torn]) made.dispose();
  });

  it('of rows, filled up', () => {
    const segments = new functional.Segments([2, 0, 2, 2], 3);
    scope(() => {
      const { x, mask } = toDenseBatch(tf.tensor2d([[1], [2], [3], [4]]), segments, { fill: -1 });
      expect(x.arraySync()).toEqual([
        [[2], [-1], [-1]],
        [[-1], [-1], [-1]],
        [[1], [3], [4]],
      ]);
      expect(mask.arraySync()).toEqual([[1, 0, 0], [0, 0, 0], [1, 1, 1]]); // prettier-ignore
      expect(toDenseBatch(tf.ones([4, 2]), segments, { nodes: 2 }).x.shape).toEqual([3, 2, 2]);
    });
    segments.dispose();
  });
});

describe('laplacian', () => {
  it('has rows that add up to zero, and treats lonely nodes', () => {
    const edges = chain();
    scope(() => {
      const weight = tf.tensor1d([1, 2, 3, 4, 5, 6]);
      const dense = (normalization: 'sym' | 'rw' | null): tf.Tensor => {
        const { edges: entries, weight: values } = laplacian(edges, weight, normalization);
        return tf.squeeze(toDenseAdjacency(entries, { edgeAttr: values }), [0]);
      };
      expect([...tf.sum(dense(null), 1).dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
      expectClose(tf.sum(dense('rw'), 1), tf.tensor1d([0, 0, 0, 1, 1, 1]), { atol: 1e-6 });
      expect([...dense('sym').dataSync()].every(Number.isFinite)).toBe(true);
      expectGradient((w) => laplacian(edges, w!, 'sym').weight, [weight], { rtol: 2e-2 });
      expect(() => laplacian(edges, tf.ones([2]))).toThrow(/weight must be \[6\]/);
    });
    edges.dispose();
  });
});

describe('graphs of positions', () => {
  const positions = (): tf.Tensor => tf.tensor2d([[0, 0], [1, 0], [5, 0], [0, 2], [9, 9], [0, 0]]); // prettier-ignore

  it('join the nearest within each graph', () => {
    const batch = new functional.Segments([0, 0, 0, 0, 1, 3], 4);
    scope(() => {
      const edges = knnGraph(positions(), 2, { batch });
      expect(pairs(edges)).toEqual(['1>0', '3>0', '0>1', '3>1', '1>2', '0>2', '0>3', '1>3']);
      edges.dispose();
      const loops = knnGraph(positions(), 1, { batch, loop: true });
      expect(pairs(loops)).toEqual(['0>0', '1>1', '2>2', '3>3', '4>4', '5>5']);
      loops.dispose();
    });
    batch.dispose();
  });

  it('join what is near', () => {
    scope(() => {
      const edges = radiusGraph(positions(), 2.5, { maxNeighbours: 2 });
      expect(pairs(edges)).toEqual(['1>0', '3>0', '0>1', '3>1', '0>3', '1>3', '0>5', '1>5']);
      edges.dispose();
      expect(() => radiusGraph(positions(), 0)).toThrow(/radius must be a positive number/);
      expect(() => knnGraph(positions(), 1.5)).toThrow(/k must be a positive whole number/);
      expect(() => knnGraph(tf.ones([3]), 1)).toThrow(/takes positions \[points, dimensions\]/);
      const none = knnGraph(tf.zeros([0, 2]), 3);
      expect(none.nodes).toBe(0);
      none.dispose();
    });
  });

  it('choose what lies far apart', () => {
    const batch = new functional.Segments([0, 0, 0, 0, 2, 0], 3);
    scope(() => {
      expect([...farthestPoints(positions(), 0.6, { batch, randomStart: false })]).toEqual([0, 2, 3, 4]);
      const random = farthestPoints(positions(), 0.2, { batch, generator: new Generator(4) });
      expect(random.length).toBe(2);
      expect(() => farthestPoints(positions(), 1.5)).toThrow(/ratio must be in \(0, 1\]/);
    });
    batch.dispose();
  });
});

it('counts edges', () => {
  const edges = chain();
  scope(() => {
    expect([...degree(edges.incoming).dataSync()]).toEqual([0, 3, 1, 2, 0, 0]);
    expect([...degree(edges.outgoing).dataSync()]).toEqual([2, 1, 2, 1, 0, 0]);
  });
  edges.dispose();
});
