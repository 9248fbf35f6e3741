import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  DistMult,
  evaluateEntityClassification,
  GraphData,
  rankLinks,
  RelationalAutoencoder,
  relationalEdges,
  RGCN,
  RGCNConv,
  trainEntityClassification,
  trainKnowledgeGraph,
  trainRelationalAutoencoder,
  withReciprocals,
  type RGCNConvOptions,
  type Triples,
  type TripleScorer,
} from '@hourglass/graph';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const [people, places, countries] = [160, 80, 8];
const entities = people + places + countries;

/** People live in places (0), places lie in countries (1); of half of the people it is known which country they live in (2). */
function composedFacts(generator: Generator): { readonly train: Triples; readonly test: Triples } {
  const triples = (list: ReadonlyArray<readonly [number, number, number]>): Triples => ({
    head: Int32Array.from(list, ([head]) => head),
    relation: Int32Array.from(list, ([, relation]) => relation),
    tail: Int32Array.from(list, ([, , tail]) => tail),
  });
  const home = Array.from(generator.permutation(people), (number) => people + (number % places));
  const country = Array.from(generator.permutation(places), (number) => people + places + (number % countries));
  const composed = home.map((place, person) => [person, 2, country[place - people]!] as const);
  const direct = [
    ...home.map((place, person) => [person, 0, place] as const),
    ...country.map((number, place) => [people + place, 1, number] as const),
  ];
  const half = people / 2;
  return { train: triples([...direct, ...composed.slice(0, half)]), test: triples(composed.slice(half)) };
}

describe('R-GCN (377)', () => {
  it('has as many weights as bases and blocks leave of those of a matrix for each relation', () => {
    const [relations, inputs, outputs] = [9, 12, 20];
    const count = (options: RGCNConvOptions): number => {
      const layer = new RGCNConv(inputs, outputs, relations, { rootWeight: false, bias: false, ...options });
      const { parameterCount } = layer;
      layer.dispose();
      return parameterCount;
    };
    expect(count({})).toBe(relations * inputs * outputs);
    expect(count({ numBases: 3 })).toBe(3 * inputs * outputs + relations * 3);
    expect(count({ numBlocks: 4 })).toBe((relations * inputs * outputs) / 4);
  });

  it.skipIf(training.isMissing)(
    training.title('an R-GCN encoder with DistMult infers composed facts that DistMult alone cannot'),
    async () => {
      const generator = new Generator(3);
      const { train, test } = composedFacts(generator);
      const sizes = { numNodes: entities, numRelations: 6, hiddenChannels: 32 };
      const schedule = { epochs: 100, learningRate: 0.05, seed: 1 };
      const rank = async (model: TripleScorer): Promise<number> =>
        (await rankLinks(withReciprocals(model), test, { known: [train, test] })).mrr;
      const embeddings = new DistMult({ ...sizes, generator });
      // more epochs, and a regulariser, are to its advantage
      await trainKnowledgeGraph(embeddings, train, { ...schedule, epochs: 150, regularization: 0.01 });
      const alone = await rank(embeddings);
      const model = new RelationalAutoencoder({ ...sizes, generator });
      await trainRelationalAutoencoder(model, train, { ...schedule, edgeDropout: 0.3, generator });
      model.eval();
      const whole = relationalEdges(train, entities, 3);
      const none = relationalEdges({ head: nothing, relation: nothing, tail: nothing }, entities, 3);
      const [encoded, blind] = [model.encode(whole), model.encode(none)];
      const [withGraph, withoutGraph] = [await rank(model.scorer(encoded)), await rank(model.scorer(blind))];
      console.log(
        `MRR of composed facts: R-GCN with DistMult ${withGraph.toFixed(3)}, DistMult ${alone.toFixed(3)}, ` +
          `R-GCN without the graph ${withoutGraph.toFixed(3)}`,
      );
      expect(withGraph).toBeGreaterThan(alone + 0.15);
      expect(withoutGraph).toBeLessThan(alone);
      tf.dispose([encoded, blind]);
      for (const made of [whole, none, model, embeddings]) made.dispose();
    },
  );

  it.skipIf(training.isMissing)(
    training.title('classifies entities without features by their relations, with bases'),
    async () => {
      const generator = new Generator(5);
      const { train } = composedFacts(generator);
      // places are told, and the countries of most people are asked for
      const told = train.relation.map((relation) => (relation === 2 ? 0 : 1));
      const only = (list: Int32Array): Int32Array => list.filter((_, i) => told[i] === 1);
      const asked = train.head.filter((_, i) => told[i] === 0);
      const y = new Int32Array(entities).fill(-1);
      train.head.forEach((head, i) => {
        if (told[i] === 0) y[head] = train.tail[i]! - people - places;
      });
      const mask = (nodes: Int32Array): Uint8Array => {
        const mask = new Uint8Array(entities);
        for (const node of nodes) mask[node] = 1;
        return mask;
      };
      const graph = new GraphData({
        numNodes: entities,
        edgeIndex: [only(train.head), only(train.tail)],
        edgeType: only(train.relation),
        y,
        trainMask: mask(asked.subarray(0, 50)),
        testMask: mask(asked.subarray(50)),
      });
      const sizes = { inChannels: entities, hiddenChannels: 16, outChannels: countries, numRelations: 4 };
      const model = new RGCN({ ...sizes, numBases: 3, generator });
      const before = tf.memory().numTensors;
      await trainEntityClassification(model, graph);
      const { accuracy, count } = await evaluateEntityClassification(model, graph);
      expect(tf.memory().numTensors).toBe(before);
      console.log(`${(100 * accuracy).toFixed(0)} % of ${count} unseen people's countries`);
      // one of 8 by chance
      expect(accuracy).toBeGreaterThan(0.7);
      const other = new RGCN({ ...sizes, numRelations: 2 });
      await expect(trainEntityClassification(other, graph)).rejects.toThrow('needs 2 · 2 relations');
      for (const made of [graph, model, other]) made.dispose();
    },
  );
});

const nothing = new Int32Array();
