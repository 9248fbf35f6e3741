import { describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import {
  GraphData,
  denseRows,
  gaeLinkSplit,
  negativeSampling,
  nodesIn,
  normalizeEdges,
  normalizeFeatures,
  oneHotDegree,
  othersThan,
  randomLinkSplit,
  randomNodeSplit,
  stratifiedFolds,
  structuredNegativeSampling,
  toUndirectedGraph,
  withSelfLoops,
  type LinkSet,
} from '@hourglass/graph';
import { communities } from '../generated.js';

const ends = ({ edgeIndex }: GraphData) => edgeIndex.map((list) => [...list]);
const pairsOf = ([from, to]: readonly [Int32Array, Int32Array]) => Array.from(from, (u, i) => [u, to[i]!] as const);
const name = ([u, v]: readonly [number, number]) => `${Math.min(u, v)} ${Math.max(u, v)}`;

describe('features', () => {
  it('by rows add up to one, zeros stay, sparse rows stay sparse', () => {
    const dense = new GraphData({
      numNodes: 3,
      edgeIndex: [[], []],
      x: [
        [1, 3],
        [0, 0],
        [-2, 2],
      ],
    });
    expect([...denseRows(normalizeFeatures(dense).x!).values]).toEqual([0.25, 0.75, 0, 0, -0.5, 0.5]);
    const x = { width: 3, pointer: Int32Array.of(0, 2, 2, 3), columns: Int32Array.of(0, 2, 1), values: null };
    expect(normalizeFeatures(dense.with({ x })).x).toEqual({ ...x, values: Float32Array.of(0.5, 0.5, 1) });
    expect(dense.x).toEqual({ width: 2, values: Float32Array.of(1, 3, 0, 0, -2, 2) });
  });

  it('of degrees are one-hot, and large degrees the last', () => {
    const graph = new GraphData({
      numNodes: 3,
      edgeIndex: [
        [1, 2, 0, 1, 2],
        [0, 0, 1, 0, 0],
      ],
    });
    expect([...denseRows(oneHotDegree(graph, 2).x!).values]).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 0]);
  });
});

describe('edges', () => {
  const graph = new GraphData({
    numNodes: 3,
    edgeIndex: [
      [0, 1, 1],
      [1, 1, 2],
    ],
    edgeWeight: [2, 3, 4],
    edgeAttr: [[1], [2], [3]],
    edgeType: [0, 1, 0],
  });

  it('get one loop for each node', () => {
    const looped = withSelfLoops(graph);
    expect(ends(looped)).toEqual([
      [0, 1, 1, 0, 2],
      [1, 1, 2, 0, 2],
    ]);
    expect([[...looped.edgeWeight!], [...looped.edgeAttr!.values], [...looped.edgeType!], looped.numRelations]).toEqual(
      [[2, 3, 4, 1, 1], [1, 2, 3, 0, 0], [0, 1, 0, 2, 2], 3],
    );
    expect(withSelfLoops(looped)).toBe(looped);
  });

  it('become undirected with their weights, attributes and types, and are left when they are', () => {
    const both = toUndirectedGraph(graph);
    expect([ends(both), [...both.edgeWeight!], [...both.edgeAttr!.values], [...both.edgeType!]]).toEqual([
      [
        [0, 1, 1, 1, 2],
        [1, 1, 2, 0, 1],
      ],
      [2, 3, 4, 2, 4],
      [1, 2, 3, 1, 3],
      [0, 1, 0, 0, 0],
    ]);
    expect(toUndirectedGraph(both)).toBe(both);
  });

  it('are divided by degrees, symmetrically or as a random walk', () => {
    const weight = (by: 'symmetric' | 'random-walk') => [...normalizeEdges(graph, by).edgeWeight!];
    // degrees 0, 5, 4
    expect(weight('random-walk')).toEqual([2 / 5, 3 / 5, 1].map(Math.fround));
    expect(weight('symmetric')).toEqual([0, 3 / 5, 4 / Math.sqrt(20)].map(Math.fround));
    const square = normalizeEdges(toUndirectedGraph(graph).with({ edgeWeight: null }), 'random-walk');
    const sums = [0, 0, 0];
    square.edgeIndex[1].forEach((node, e) => (sums[node]! += square.edgeWeight![e]!));
    for (const sum of sums) expect(sum).toBeCloseTo(1, 6);
    expect(() => normalizeEdges(graph.with({ edgeWeight: [-2, 1, 1] }), 'symmetric')).toThrow(/node 1 add up to -1/);
  });
});

describe('negative samples', () => {
  const graph = communities({ nodes: 60, seed: 3 });
  const edges = new Set(pairsOf(graph.edgeIndex).map(([u, v]) => `${u} ${v}`));

  it('are never an edge, a loop or twice, sparse or dense, and repeat with the seed', () => {
    for (const count of [10, 300, 3540 - graph.numEdges]) {
      const draw = () => negativeSampling(graph, { count, generator: new Generator(4) });
      const pairs = pairsOf(draw());
      expect(pairs.length).toBe(count);
      expect(new Set(pairs.map(([u, v]) => `${u} ${v}`)).size).toBe(count);
      for (const [u, v] of pairs) expect([u === v, edges.has(`${u} ${v}`)]).toEqual([false, false]);
      expect(draw()).toEqual(draw());
    }
    expect(() => negativeSampling(graph, { count: 3541 - graph.numEdges })).toThrow(
      /only \d+ of \d+ pairs without an edge/,
    );
  });

  it('of undirected graphs come once', () => {
    const pairs = pairsOf(negativeSampling(graph, { count: 400, undirected: true, generator: new Generator(4) }));
    expect(new Set(pairs.map(name)).size).toBe(400);
    for (const [u, v] of pairs) expect(u < v && !edges.has(`${u} ${v}`)).toBe(true);
  });

  it('structured keep the source', () => {
    const others = structuredNegativeSampling(graph, new Generator(1));
    graph.edgeIndex[0].forEach((u, e) => expect(edges.has(`${u} ${others[e]}`) || others[e] === u).toBe(false));
    const full = new GraphData({
      numNodes: 2,
      edgeIndex: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(() => structuredNegativeSampling(full)).toThrow(/node 0 has edges to all other nodes/);
  });
});

describe('a split of nodes', () => {
  const graph = communities({ nodes: 100 });

  it('has so many of each class, and no node twice', () => {
    const split = randomNodeSplit(graph, { trainPerClass: 5, val: 20, test: 0.3, generator: new Generator(1) });
    const [train, val, test] = [split.trainMask!, split.valMask!, split.testMask!].map(nodesIn);
    expect([train!.length, val!.length, test!.length]).toEqual([20, 20, 30]);
    expect(new Set([...train!, ...val!, ...test!]).size).toBe(70);
    for (const label of [0, 1, 2, 3])
      expect(train!.filter((node) => (graph.y as Int32Array)[node] === label).length).toBe(5);
    expect(randomNodeSplit(graph, { generator: new Generator(2) }).summary()).toMatchObject({
      train: 70,
      val: 10,
      test: 20,
    });
  });

  it('leaves out nodes without a class, and says when there are too few', () => {
    const some = graph.with({ y: (graph.y as Int32Array).map((label, node) => (node < 50 ? label : -1)) });
    const split = randomNodeSplit(some, { val: 0.2, test: 0.2, generator: new Generator(1) });
    expect(split.summary()).toMatchObject({ train: 30, val: 10, test: 10 });
    expect(nodesIn(split.testMask!).every((node) => node < 50)).toBe(true);
    expect(() => randomNodeSplit(graph, { trainPerClass: 30 })).toThrow(/class \d has 25 nodes, not 30/);
    expect(() => randomNodeSplit(graph, { val: 60, test: 60 })).toThrow(/60 \+ 60 nodes are asked for, 100 are left/);
  });
});

describe('a split of links', () => {
  const graph = communities({ nodes: 80 });
  const links = new Set(pairsOf(graph.edgeIndex).map(name));
  const positives = ({ edges, labels }: LinkSet) =>
    pairsOf(edges)
      .filter((_, i) => labels[i] === 1)
      .map(name);
  const negatives = ({ edges, labels }: LinkSet) =>
    pairsOf(edges)
      .filter((_, i) => labels[i] === 0)
      .map(name);
  const carried = ({ graph }: LinkSet) => new Set(pairsOf(graph.edgeIndex).map(name));

  it('of the GAE paper keeps validation and test out of all messages', () => {
    const { train, val, test } = randomLinkSplit(graph, { ...gaeLinkSplit, generator: new Generator(1) });
    expect([positives(val).length, positives(test).length]).toEqual([
      Math.floor(links.size * 0.05),
      Math.floor(links.size * 0.1),
    ]);
    expect(new Set([...positives(train), ...positives(val), ...positives(test)])).toEqual(links);
    expect([negatives(train).length, negatives(val).length, negatives(test).length]).toEqual([
      0,
      positives(val).length,
      positives(test).length,
    ]);
    expect(new Set([...negatives(val), ...negatives(test)]).size).toBe(negatives(val).length + negatives(test).length);
    for (const pair of [...negatives(val), ...negatives(test)]) expect(links.has(pair)).toBe(false);
    for (const set of [train, val, test]) {
      expect(carried(set)).toEqual(new Set(positives(train)));
      expect(set.graph.isUndirected()).toBe(true);
    }
  });

  it('with messages of their own, and the test seeing the validation links, as RandomLinkSplit', () => {
    const { train, val, test } = randomLinkSplit(graph, { disjointTrainRatio: 0.3, generator: new Generator(2) });
    expect(negatives(train).length).toBe(positives(train).length);
    for (const pair of positives(train)) expect(carried(train).has(pair)).toBe(false);
    expect(carried(val).size).toBe(carried(train).size + positives(train).length);
    expect(carried(test).size).toBe(carried(val).size + positives(val).length);
    for (const pair of positives(test)) expect(carried(test).has(pair)).toBe(false);
  });

  it('carries weights, types and loops, and keeps duplicate edges together', () => {
    const directed = new GraphData({
      numNodes: 6,
      edgeIndex: [
        [0, 0, 1, 2, 3, 4, 5, 2],
        [1, 1, 2, 3, 4, 5, 0, 2],
      ],
      edgeWeight: [1, 2, 3, 4, 5, 6, 7, 8],
      edgeType: [0, 1, 0, 1, 0, 1, 0, 1],
    });
    for (let seed = 0; seed < 20; seed++) {
      const { train, test } = randomLinkSplit(directed, { val: 0, test: 0.4, generator: new Generator(seed) });
      expect([positives(train).length, positives(test).length]).toEqual([4, 2]);
      const weights = [...train.graph.edgeWeight!];
      expect(weights).toContain(8);
      expect(weights.includes(1)).toBe(weights.includes(2));
      expect([...train.graph.edgeType!]).toEqual(weights.map((weight) => (weight - 1) % 2));
    }
    expect(() => randomLinkSplit(directed, { undirected: true })).toThrow(
      /the graph is directed; toUndirectedGraph\(\)/,
    );
    expect(() => randomLinkSplit(directed, { val: 0.5, test: 0.5 })).toThrow(/leave nothing for training/);
  });
});

describe('folds', () => {
  it('have every example once, equally many, and classes as in the whole', () => {
    const labels = Array.from({ length: 188 }, (_, i) => Number(i < 125));
    const folds = stratifiedFolds(labels, 10, new Generator(3));
    expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    for (const fold of folds) {
      expect([18, 19]).toContain(fold.length);
      expect([12, 13]).toContain(fold.reduce((sum, i) => sum + labels[i]!, 0));
      expect([...fold, ...othersThan(fold, 188)].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
    }
    expect(stratifiedFolds(labels, 10, new Generator(3))).toEqual(folds);
    expect(() => stratifiedFolds([0, 1], 3)).toThrow(/2 examples make no 3 folds/);
  });
});
