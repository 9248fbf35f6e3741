import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useTestBackend } from '@hourglass/core/testing';
import { GraphBatch, GraphData, HeteroGraph } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const triangle = new GraphData({
  numNodes: 3,
  edgeIndex: [
    [0, 1, 2],
    [1, 2, 0],
  ],
  x: [[1], [2], [3]],
  edgeAttr: [
    [1, 1],
    [2, 2],
    [3, 3],
  ],
  y: [1],
  yOf: 'graph',
  numClasses: 2,
});
const pair = new GraphData({
  numNodes: 2,
  edgeIndex: [[1], [0]],
  x: [[4], [5]],
  edgeAttr: [[4, 4]],
  y: [0],
  yOf: 'graph',
  numClasses: 2,
});

describe('a batch of graphs', () => {
  it('is their disjoint union, with the graph of each node', () => {
    const before = tf.memory().numTensors;
    const batch = new GraphBatch([triangle, pair]);
    expect(batch.union.edgeIndex).toEqual([Int32Array.of(0, 1, 2, 4), Int32Array.of(1, 2, 0, 3)]);
    expect([...batch.graphOf]).toEqual([0, 0, 0, 1, 1]);
    const { x, y, graphs } = batch.tensors();
    expect([[...x!.dataSync()], [...y!.dataSync()], graphs.size]).toEqual([[1, 2, 3, 4, 5], [1, 0], 2]);
    batch.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives back what it was made of', () => {
    const empty = new GraphData({
      numNodes: 0,
      edgeIndex: [[], []],
      x: { width: 1, values: new Float32Array() },
      edgeAttr: { width: 2, values: new Float32Array() },
      y: [1],
      yOf: 'graph',
      numClasses: 2,
    });
    for (const graphs of [[triangle, pair], [triangle, empty, pair], [empty], []]) {
      expect(new GraphBatch(graphs).toGraphs()).toEqual(graphs);
    }
  });

  it('of graphs with labelled nodes too', () => {
    const labelled = [triangle, pair].map((graph) =>
      graph.with({
        y: [...Array(graph.numNodes).keys()],
        yOf: 'nodes',
        numClasses: 3,
        trainMask: new Uint8Array(graph.numNodes),
      }),
    );
    const batch = new GraphBatch(labelled);
    expect([batch.y, [...(batch.union.y as Int32Array)]]).toEqual([null, [0, 1, 2, 0, 1]]);
    expect(batch.toGraphs()).toEqual(labelled);
  });

  it('refuses graphs that do not go together', () => {
    expect(() => new GraphBatch([triangle, pair.with({ x: null })])).toThrow(/x: 1 of 2 graphs have it/);
    expect(
      () =>
        new GraphBatch([
          triangle,
          pair.with({
            x: [
              [1, 2],
              [3, 4],
            ],
          }),
        ]),
    ).toThrow(/rows of 2 numbers do not go below/);
    expect(() => new GraphBatch([triangle, pair.with({ y: [[0.5]] })])).toThrow(
      /some graphs have classes, others targets/,
    );
  });
});

describe('a graph of several types', () => {
  const make = (destination: number[]) =>
    new HeteroGraph(
      {
        author: {
          numNodes: 2,
          x: [
            [1, 2],
            [3, 4],
          ],
        },
        paper: { numNodes: 3, y: [0, 1, -1] },
      },
      [
        { type: ['author', 'writes', 'paper'], edgeIndex: [[0, 1], destination] },
        { type: ['paper', 'cites', 'paper'], edgeIndex: [[0], [2]], edgeWeight: [0.5] },
      ],
    );

  it('becomes one graph with relations', () => {
    const before = tf.memory().numTensors;
    const graph = make([2, 1]);
    const { x, edges, edgeWeight } = graph.tensors();
    expect([Object.keys(x), edges['author__writes__paper']!.sources, edgeWeight['paper__cites__paper']!.size]).toEqual([
      ['author'],
      2,
      1,
    ]);
    graph.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const { graph: one, nodeType, first } = graph.toHomogeneous();
    expect([...nodeType]).toEqual([0, 0, 1, 1, 1]);
    expect([one.edgeIndex.map((ends) => [...ends]), [...one.edgeType!]]).toEqual([
      [
        [0, 1, 2],
        [4, 3, 4],
      ],
      [0, 0, 1],
    ]);
    expect([one.relationNames, first]).toEqual([
      ['author__writes__paper', 'paper__cites__paper'],
      { author: 0, paper: 2 },
    ]);
  });

  it('refuses nodes that are not there, of a type that is there or not', () => {
    expect(() => make([2, 3])).toThrow(/edgeIndex of author__writes__paper: edge 1 leads to node 3/);
    expect(() => new HeteroGraph({}, [{ type: ['a', 'b', 'c'], edgeIndex: [[], []] }])).toThrow(
      /there are no nodes 'a'/,
    );
  });
});
