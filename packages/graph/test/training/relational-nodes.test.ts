import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  evaluateNodeClassification,
  GraphData,
  NodeClassifier,
  predictNodes,
  trainNodeClassification,
  withInverseRelations,
  type NodeClassifierConfig,
} from '@hourglass/graph';
import { temporaryFolder } from '../files.js';

beforeAll(() => useTestBackend('wasm'));

const [people, groups, classes] = [160, 12, 3];
const generator = new Generator(6);

/** People work in groups (relation 0) of their own class, and avoid groups (relation 1) of others: who is near says nothing, how says all. */
const graph = ((): GraphData => {
  const triples: [number, number, number][] = [];
  for (let person = 0; person < people; person++) {
    for (let group = 0; group < groups; group++) {
      if (generator.uniform() < 0.4)
        triples.push([person, person % classes === group % classes ? 0 : 1, people + group]);
    }
  }
  const numNodes = people + groups;
  const is = (known: boolean) =>
    Uint8Array.from({ length: numNodes }, (_, n) => (n < people && (n % 4 === 0) === known ? 1 : 0));
  const test = is(false).fill(0, people);
  return new GraphData({
    numNodes,
    edgeIndex: [triples.map(([head]) => head), triples.map(([, , tail]) => tail)],
    edgeType: triples.map(([, relation]) => relation),
    y: Int32Array.from({ length: numNodes }, (_, n) => (n < people ? n % classes : -1)),
    trainMask: is(true).fill(0, people),
    testMask: test,
  });
})();

const make = (more: Partial<NodeClassifierConfig> = {}): NodeClassifier =>
  new NodeClassifier(
    { architecture: 'rgcn', inChannels: graph.numNodes, classes, numRelations: 2, ...more },
    new Generator(1),
  );

async function accuracy(model: NodeClassifier, of = graph): Promise<number> {
  await trainNodeClassification(model, of);
  return (await evaluateNodeClassification(model, of)).accuracy;
}

describe('classification of nodes by relations', () => {
  it.each([
    ['a matrix for each relation', {}],
    ['mixtures of matrices', { numBases: 2 }],
  ])('learns with %s what nodes are, without features', async (_, more) => {
    const before = tf.memory().numTensors;
    const model = make(more);
    expect(await accuracy(model)).toBeGreaterThan(0.9);
    model.dispose();
    // the same edges, all of one relation
    const blind = make({ ...more, numRelations: 1 });
    expect(
      await accuracy(blind, graph.with({ edgeType: new Int32Array(graph.numEdges), numRelations: 1 })),
    ).toBeLessThan(0.6);
    blind.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes features where there are some', async () => {
    const x = Float32Array.from({ length: graph.numNodes * groups }, (_, i) =>
      Math.floor(i / groups) - people === i % groups ? 1 : 0,
    );
    const model = make({ features: 'raw', inChannels: groups });
    expect(await accuracy(model, graph.with({ x: { width: groups, values: x } }))).toBeGreaterThan(0.9);
    model.dispose();
  });

  it('repeats, and loads what it saved', async () => {
    const folder = temporaryFolder();
    const [model, again] = [make(), make()];
    await trainNodeClassification(model, graph, { epochs: 5, run: `${folder}/run` });
    await trainNodeClassification(again, graph, { epochs: 3, run: `${folder}/part` });
    const resumed = make();
    await trainNodeClassification(resumed, graph, { epochs: 5, run: `${folder}/part`, resume: true });
    await model.savePretrained(`${folder}/model`);
    const loaded = await NodeClassifier.fromPretrained(`${folder}/model`);
    const expected = await predictNodes(model, graph);
    expect(await predictNodes(loaded, graph)).toEqual(expected);
    expect(await predictNodes(resumed, graph)).toEqual(expected);
    for (const made of [model, again, resumed, loaded]) made.dispose();
  });

  it('says what does not fit', async () => {
    const model = make();
    const sampled = { sampling: { fanOuts: [2, 2] } };
    await expect(trainNodeClassification(model, graph, sampled)).rejects.toThrow('rgcn takes the whole graph');
    await expect(predictNodes(model, graph, undefined, sampled.sampling)).rejects.toThrow(
      'leave fanOuts and clusters out',
    );
    await expect(predictNodes(model, graph.with({ edgeType: null }))).rejects.toThrow(
      'edges of the graph have no relations',
    );
    await expect(predictNodes(make({ numRelations: 3 }), graph)).rejects.toThrow('knows 3 relations, the graph has 2');
    const larger = new GraphData({ numNodes: 9, edgeIndex: [[0], [1]], edgeType: [1] });
    await expect(predictNodes(model, larger)).rejects.toThrow(`made for ${graph.numNodes} nodes without features`);
    expect(() => make({ architecture: 'gcn', features: 'none' })).toThrow('gcn needs features');
    expect(() => make({ numRelations: 0 })).toThrow('needs a graph whose edges have relations');
    model.dispose();
  });

  it('goes both ways by relations of their own', () => {
    const both = withInverseRelations(
      new GraphData({
        numNodes: 3,
        edgeIndex: [
          [0, 1],
          [1, 2],
        ],
        edgeType: [1, 0],
        edgeWeight: [5, 6],
        edgeAttr: [[1], [2]],
        relationNames: ['a', 'b'],
      }),
    );
    expect(both.edgeIndex.map((list) => [...list])).toEqual([
      [0, 1, 1, 2],
      [1, 2, 0, 1],
    ]);
    expect([[...both.edgeType!], both.numRelations]).toEqual([[1, 0, 3, 2], 4]);
    expect([[...both.edgeWeight!], [...both.edgeAttr!.values]]).toEqual([
      [5, 6, 5, 6],
      [1, 2, 1, 2],
    ]);
    expect(both.relationNames).toEqual(['a', 'b', 'inverse of a', 'inverse of b']);
  });
});
