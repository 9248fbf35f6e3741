import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, disposeTensors } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { ClusterLoader, GraphData, cutShare, partitionGraph } from '@hourglass/graph';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

describe('a partition', () => {
  it('has nearly equal parts and cuts few edges', () => {
    const graph = communities({ nodes: 400, blocks: 8, within: 0.3, between: 0.002 });
    const part = partitionGraph(graph, 8, { generator: new Generator(1) });
    const sizes = new Int32Array(8);
    for (const p of part) sizes[p]!++;
    expect(Math.max(...sizes)).toBeLessThanOrEqual(55);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    const random = Int32Array.from({ length: 400 }, () => new Generator(2).integer(0, 8));
    expect(
      cutShare(
        graph,
        Int32Array.from(new Generator(2).permutation(400), (node) => node % 8),
      ),
    ).toBeGreaterThan(0.8);
    expect(cutShare(graph, part)).toBeLessThan(0.3);
    expect(cutShare(graph, random)).toBe(0);
    expect(partitionGraph(graph, 8, { generator: new Generator(1) })).toEqual(part);
  });

  it('of isolated nodes, of one part and of as many parts as nodes', () => {
    const graph = new GraphData({
      numNodes: 7,
      edgeIndex: [
        [0, 1],
        [1, 2],
      ],
    });
    expect(new Set(partitionGraph(graph, 7)).size).toBe(7);
    expect(new Set(partitionGraph(graph, 1)).size).toBe(1);
    expect(() => partitionGraph(graph, 8)).toThrow(/7 nodes make no 8 parts/);
  });
});

describe('batches of clusters', () => {
  it('have every node once and all edges inside, in a new order each epoch', async () => {
    const graph = communities({ nodes: 100, blocks: 5 });
    const loader = new ClusterLoader(graph, { clusters: 10, batchSize: 3, seed: 2 });
    const orders: number[][] = [];
    for (const epoch of [0, 1, 0]) {
      const nodes: number[] = [];
      for await (const batch of loader.iterate(epoch)) {
        const { subgraph } = batch;
        expect(batch.seeds).toBe(subgraph.nodes.length);
        const inside = new Set(subgraph.nodes);
        const wanted = graph.edgeIndex[0].reduce(
          (sum, u, e) => sum + Number(inside.has(u) && inside.has(graph.edgeIndex[1][e]!)),
          0,
        );
        expect(batch.edges.edges).toBe(wanted);
        nodes.push(...subgraph.nodes);
        disposeTensors(batch);
      }
      expect(nodes.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      orders.push(nodes);
    }
    expect(orders[2]).toEqual(orders[0]);
    expect(orders[1]).not.toEqual(orders[0]);
  });
});
