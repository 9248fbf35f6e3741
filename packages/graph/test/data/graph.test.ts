import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { HourglassError, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { denseRows, GraphData, isSparse, maskOf, nodesIn, takeRows, type GraphFields } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const path: GraphFields = {
  numNodes: 4,
  edgeIndex: [
    [0, 1, 1, 2],
    [1, 0, 2, 1],
  ],
  x: [
    [1, 0],
    [0, 2],
    [3, 0],
    [0, 0],
  ],
  y: [0, 2, -1, 1],
  trainMask: maskOf([0, 3], 4),
};

describe('a graph', () => {
  it('knows what it is like', () => {
    const graph = new GraphData({ ...path, undirected: true });
    expect(graph.summary()).toEqual({
      nodes: 4,
      edges: 4,
      undirected: true,
      selfLoops: 0,
      duplicates: 0,
      withoutReverse: 0,
      isolated: 1,
      features: 2,
      classes: 3,
      relations: 0,
      train: 2,
      val: 0,
      test: 0,
    });
    expect([...nodesIn(graph.trainMask!)]).toEqual([0, 3]);
  });

  it('may have no nodes, no edges, isolated nodes, loops and duplicate edges', () => {
    const empty = new GraphData({ numNodes: 0, edgeIndex: [[], []], x: [], y: [] });
    expect(empty.summary()).toMatchObject({ nodes: 0, edges: 0, undirected: true });
    const { x, edges } = empty.tensors();
    expect([x!.shape, edges.edges]).toEqual([[0, 0], 0]);
    empty.dispose();
    const multi = new GraphData({
      numNodes: 5,
      edgeIndex: [
        [0, 0, 0, 1, 2],
        [1, 1, 1, 0, 2],
      ],
    });
    expect(multi.summary()).toMatchObject({
      duplicates: 2,
      selfLoops: 1,
      isolated: 2,
      undirected: false,
      withoutReverse: 2,
    });
  });

  it('finds out of any edges whether they are undirected', () => {
    const of = (source: number[], destination: number[]) =>
      new GraphData({ numNodes: 4, edgeIndex: [source, destination] }).summary();
    expect(of([3, 0, 2, 0, 3, 1], [0, 3, 0, 2, 1, 3])).toMatchObject({ undirected: true, withoutReverse: 0 });
    expect(of([0, 1, 2, 3], [1, 2, 3, 0])).toMatchObject({ undirected: false, withoutReverse: 4 });
    expect(of([0, 0, 1], [1, 2, 0])).toMatchObject({ undirected: false, withoutReverse: 1 });
  });

  it('takes sparse features, which its tensors write out', () => {
    const x = {
      width: 3,
      pointer: Int32Array.of(0, 2, 2, 3, 4),
      columns: Int32Array.of(0, 2, 1, 1),
      values: Float32Array.of(1, 2, 3, 4),
    };
    const graph = new GraphData({ ...path, x });
    expect(isSparse(graph.x!) && graph.numFeatures).toBe(3);
    expect(graph.tensors().x!.arraySync()).toEqual([
      [1, 0, 2],
      [0, 0, 0],
      [0, 3, 0],
      [0, 4, 0],
    ]);
    expect(takeRows(x, [3, 0, 3])).toEqual({
      width: 3,
      pointer: Int32Array.of(0, 1, 3, 4),
      columns: Int32Array.of(1, 0, 2, 1),
      values: Float32Array.of(4, 1, 2, 4),
    });
    graph.dispose();
  });

  it('has tensors that are made once and freed', () => {
    const before = tf.memory().numTensors;
    const graph = new GraphData({
      ...path,
      edgeWeight: [1, 2, 3, 4],
      edgeType: [0, 1, 0, 1],
      pos: [[0], [1], [2], [3]],
    });
    const tensors = scope(() => graph.tensors());
    expect(graph.tensors()).toBe(tensors);
    expect([tensors.edgeWeight!.shape, tensors.edgeType!.dtype, tensors.y!.dtype]).toEqual([[4], 'int32', 'int32']);
    graph.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(graph.tensors()).not.toBe(tensors);
    graph.dispose();
  });

  it('changes into another one', () => {
    const graph = new GraphData({ ...path, edgeType: [0, 1, 0, 1], numRelations: 5 });
    expect(graph.with({ y: null }).numClasses).toBe(0);
    expect(graph.with({ edgeType: null }).numRelations).toBe(0);
    expect(graph.with({ x: null })).toMatchObject({ numRelations: 5, numClasses: 3, numFeatures: 0 });
  });
});

describe('a graph refuses', () => {
  const fails = (fields: Partial<GraphFields>, message: RegExp): void => {
    let error: unknown;
    try {
      new GraphData({ ...path, ...fields });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(HourglassError);
    expect((error as Error).message).toMatch(message);
  };

  it('an edge to a node that is not there', () => {
    fails(
      {
        edgeIndex: [
          [0, 1],
          [1, 9],
        ],
      },
      /edge 1 leads to node 9, but there are 4 nodes, 0 to 3$/,
    );
    fails(
      {
        edgeIndex: [
          [0, 4],
          [1, 1],
        ],
      },
      /edge 1 starts at node 4.*does the file count from 1\?/,
    );
    fails({ numNodes: 0, x: null, y: null, trainMask: null }, /there are no nodes/);
  });
  it('negative, fractional, NaN and huge ids', () => {
    fails(
      {
        edgeIndex: [
          [0, -1],
          [1, 1],
        ],
      },
      /edge 1 starts at node -1/,
    );
    fails(
      {
        edgeIndex: [
          [0, 0.5],
          [1, 1],
        ],
      },
      /node 0.5, but ids of nodes are whole numbers/,
    );
    fails(
      {
        edgeIndex: [
          [0, 1],
          [1, NaN],
        ],
      },
      /node NaN/,
    );
    fails(
      {
        edgeIndex: [
          [0, 2 ** 32],
          [1, 1],
        ],
      },
      /node 4294967296/,
    );
    fails({ edgeIndex: [Float32Array.of(0.25), [1]] }, /node 0.25/);
  });
  it('lists of edges that differ in length', () => {
    fails(
      {
        edgeIndex: [
          [0, 1, 2],
          [1, 0],
        ],
      },
      /got 3 and 2/,
    );
  });
  it('a number of nodes that is none', () => {
    for (const numNodes of [-1, 2.5, NaN, 2 ** 40]) fails({ numNodes }, /numNodes must be a whole number/);
  });
  it('features with NaN or infinity, of another length, or ragged', () => {
    fails({ x: [[1], [NaN], [2], [3]] }, /x: node 1, column 0 is NaN/);
    fails({ x: [[1], [1], [2], [Infinity]] }, /node 3, column 0 is Infinity/);
    fails({ x: [[1], [2]] }, /needs a row of 1 numbers for each of 4 nodes/);
    fails({ x: [[1], [2, 3], [1], [1]] }, /row 1 has 2 numbers/);
    fails({ edgeWeight: [1, 1, NaN, 1] }, /edgeWeight: edge 2 is NaN/);
    fails({ edgeWeight: [1, 1, 1e300, 1] }, /edgeWeight: edge 2 is 1e\+300/);
    fails({ edgeWeight: [1] }, /for each of 4 edges/);
  });
  it('sparse features that do not hold together', () => {
    const sparse = (pointer: number[], columns: number[]): Partial<GraphFields> => ({
      x: { width: 2, pointer: Int32Array.from(pointer), columns: Int32Array.from(columns), values: null },
    });
    fails(sparse([0, 1, 2], [0, 1]), /5 pointers/);
    fails(sparse([0, 2, 1, 2, 2], [0, 1]), /falls after row 1/);
    fails(sparse([0, 1, 2, 2, 2], [0, 2]), /column 2, there are 2 columns/);
    const wide = { width: 2e9, pointer: Int32Array.of(0, 1, 2), columns: Int32Array.of(0, 1), values: null };
    expect(() => denseRows(wide)).toThrow(/2 rows of 2000000000 numbers are too many/);
  });
  it('masks, classes and names that do not fit', () => {
    fails({ trainMask: [true] }, /trainMask needs a value for each of 4 nodes/);
    fails({ trainMask: Uint8Array.of(0, 1, 2, 0) }, /a mask holds 0 and 1/);
    fails({ y: [0, 1] }, /y needs a number for each of 4 nodes/);
    fails({ y: [0, 1, -2, 0] }, /node 2 has -2/);
    fails({ y: [0, 1, 1.5, 0] }, /node 2 has 1.5/);
    fails({ y: [0, 1, 2 ** 21, 0] }, /number 2097152 occurs among the classes/);
    fails({ numClasses: 2 }, /there are 2 classes, but number 2 occurs/);
    fails({ nodeNames: ['a'] }, /nodeNames: 1 names for 4/);
    fails({ edgeType: [0, -1, 0, 0] }, /edgeType: edge 1 has -1/);
  });
  it('a directed file given as undirected', () => {
    fails(
      {
        edgeIndex: [
          [0, 1, 1],
          [1, 0, 2],
        ],
        undirected: true,
      },
      /undirected, but 1 of 3 edges have no reverse, edge 2 \(1 → 2\) for one; toUndirectedGraph/,
    );
  });
});
