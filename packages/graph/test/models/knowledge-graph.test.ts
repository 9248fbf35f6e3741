import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  ComplEx,
  DistMult,
  EdgeIndex,
  LightGCN,
  loadKnowledgeGraphModel,
  rankLinks,
  RotatE,
  trainKnowledgeGraph,
  TransE,
  withReciprocals,
  type KGEModel,
  type KGEOptions,
  type Triples,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const sizes = { numNodes: 7, numRelations: 4, hiddenChannels: 6 };
const ints = (...values: number[]): tf.Tensor => tf.tensor1d(values, 'int32');

const models: Readonly<Record<string, (more?: Partial<KGEOptions>) => KGEModel>> = {
  TransE: (more) => new TransE({ ...sizes, generator: new Generator(1), ...more }),
  'TransE with p = 2': (more) => new TransE({ ...sizes, pNorm: 2, generator: new Generator(1), ...more }),
  DistMult: (more) => new DistMult({ ...sizes, generator: new Generator(1), ...more }),
  ComplEx: (more) => new ComplEx({ ...sizes, generator: new Generator(1), ...more }),
  RotatE: (more) => new RotatE({ ...sizes, margin: 9, generator: new Generator(1), ...more }),
};

describe.each(Object.entries(models))('%s', (_, make) => {
  it('scores all entities as it scores single triples', () => {
    const model = make();
    scope(() => {
      const every = [0, 1, 2, 3, 4, 5, 6];
      for (const [entity, relation] of [
        [2, 0],
        [6, 3],
      ] as const) {
        const repeated = (value: number): tf.Tensor => ints(...every.map(() => value));
        const [tails] = tf.unstack(model.scoreTails(ints(entity), ints(relation)));
        const [heads] = tf.unstack(model.scoreHeads(ints(relation), ints(entity)));
        const near = { rtol: 1e-4, atol: 1e-4 };
        expectClose(tails!, model.forward(repeated(entity), repeated(relation), ints(...every)), near);
        expectClose(heads!, model.forward(ints(...every), repeated(relation), repeated(entity)), near);
      }
    });
    model.dispose();
  });

  it('learns to tell true triples from corrupted ones, with a gradient for every parameter, and leaks nothing', () => {
    const model = make();
    scope(() => {
      const [head, relation, tail] = [ints(0, 1, 2, 3), ints(0, 1, 2, 3), ints(4, 5, 6, 0)];
      const step = (): void =>
        scope(() => {
          const { gradients } = valueAndGradients(() => model.loss(head, relation, tail), model.parameters());
          for (const [name, parameter] of model.namedParameters()) {
            const gradient = gradients.get(parameter);
            expect(gradient, name).toBeDefined();
            const largest = tf.max(tf.abs(gradient!)).dataSync()[0]!;
            expect(largest, name).toBeGreaterThan(0);
            expect(largest, name).toBeLessThan(Infinity);
          }
        });
      step();
      const before = tf.memory().numTensors;
      step();
      expect(tf.memory().numTensors).toBe(before);
    });
    model.dispose();
  });

  it('corrupts heads of the first half and tails of the other', () => {
    const model = make({ numNodes: 1000 });
    scope(() => {
      const fives = ints(...Array.from({ length: 41 }, () => 5));
      const { head, tail } = model.corrupt(fives, fives);
      const changed = (x: tf.Tensor): boolean[] => Array.from(x.dataSync(), (value) => value !== 5);
      expect(changed(head).slice(0, 20).filter(Boolean).length).toBeGreaterThan(17);
      expect(changed(head).slice(20).some(Boolean)).toBe(false);
      expect(changed(tail).slice(0, 20).some(Boolean)).toBe(false);
      expect(changed(tail).slice(20).filter(Boolean).length).toBeGreaterThan(18);
    });
    model.dispose();
  });

  it('is the same after saving and loading', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'knowledge-'));
    const model = make();
    await model.savePretrained(folder);
    const loaded = await loadKnowledgeGraphModel(folder);
    expect(loaded.constructor).toBe(model.constructor);
    expect(loaded.config).toEqual(model.config);
    scope(() => expectClose(loaded.scoreTails(ints(1), ints(2)), model.scoreTails(ints(1), ints(2)), { atol: 0 }));
    loaded.dispose();
    model.dispose();
    await rm(folder, { recursive: true });
  });
});

/** Days of four weeks: which day is the next, and the one after that. Only even first days are told for the latter. */
function calendar(): { train: Triples; test: Triples } {
  const days = 28;
  const rows = { train: [] as number[][], test: [] as number[][] };
  for (let day = 0; day < days; day++) {
    rows.train.push([day, 0, (day + 1) % days]);
    rows[day % 4 === 1 ? 'test' : 'train'].push([day, 1, (day + 2) % days]);
  }
  const of = (list: number[][]): Triples => ({
    head: Int32Array.from(list, (row) => row[0]!),
    relation: Int32Array.from(list, (row) => row[1]!),
    tail: Int32Array.from(list, (row) => row[2]!),
  });
  return { train: of(rows.train), test: of(rows.test) };
}

describe('trainKnowledgeGraph', () => {
  it('finds triples that follow from others', async () => {
    const { train, test } = calendar();
    const model = new ComplEx({ numNodes: 28, numRelations: 4, hiddenChannels: 32, generator: new Generator(5) });
    const rank = (triples: Triples) => rankLinks(withReciprocals(model), triples, { known: [train, test] });
    const before = await rank(test);
    const tensors = tf.memory().numTensors;
    await trainKnowledgeGraph(model, train, {
      epochs: 80,
      batchSize: 20,
      learningRate: 0.1,
      regularization: 0.1,
      seed: 1,
    });
    expect(tf.memory().numTensors).toBe(tensors);
    const after = await rank(test);
    expect(before.mrr).toBeLessThan(0.35);
    expect((await rank(train)).mrr).toBeGreaterThan(0.9);
    expect(after.mrr).toBeGreaterThan(0.6);
    model.dispose();
  });

  it('gives the loss of each answer by itself', async () => {
    // both settings see all of the data in one step, where the order cannot count
    const { train } = calendar();
    const losses: number[] = [];
    for (const regularization of [0, 0.5]) {
      const model = new DistMult({ numNodes: 28, numRelations: 4, hiddenChannels: 8, generator: new Generator(2) });
      const byHand = scope(() => {
        const back = { head: train.tail, relation: train.relation.map((r) => r + 2), tail: train.head };
        let sum = 0;
        for (const { head, relation, tail } of [train, back]) {
          const [h, r, t] = [head, relation, tail].map((list) => tf.tensor1d(list, 'int32')) as [
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
          ];
          const scores = model.scoreTails(h, r);
          const right = tf.sum(tf.mul(scores, tf.oneHot(t as tf.Tensor1D, 28)), 1);
          sum += tf.sum(tf.sub(tf.logSumExp(scores, 1), right)).dataSync()[0]!;
          for (const x of model.factors(h, r, t)) sum += regularization * tf.sum(tf.pow(x, 3)).dataSync()[0]!;
        }
        return sum / (2 * train.head.length);
      });
      await trainKnowledgeGraph(model, train, {
        epochs: 1,
        batchSize: 1000,
        regularization,
        callbacks: { onStep: ({ loss }) => void losses.push(loss) },
      });
      expect(losses.at(-1)).toBeCloseTo(byHand, 4);
      model.dispose();
    }
    expect(losses[1]).toBeGreaterThan(losses[0]!);
  });

  it('refuses what it cannot train', async () => {
    const { train } = calendar();
    const model = new DistMult({ numNodes: 28, numRelations: 2, hiddenChannels: 4 });
    await expect(trainKnowledgeGraph(model, train, { epochs: 1 })).rejects.toThrow(
      /relation of triple 1 is 1, there are 1/,
    );
    const odd = new DistMult({ numNodes: 28, numRelations: 3, hiddenChannels: 4 });
    await expect(trainKnowledgeGraph(odd, train, { epochs: 1 })).rejects.toThrow(/each relation needs one back/);
    const right = new DistMult({ numNodes: 28, numRelations: 4, hiddenChannels: 4 });
    const none = { head: new Int32Array(), relation: new Int32Array(), tail: new Int32Array() };
    await expect(trainKnowledgeGraph(right, none, { epochs: 1 })).rejects.toThrow(/there are no triples/);
    await expect(trainKnowledgeGraph(right, train, { epochs: 1, regularization: -1 })).rejects.toThrow(
      /not be negative/,
    );
    for (const made of [model, odd, right]) made.dispose();
    expect(() => new TransE({ ...sizes, numNodes: 0 })).toThrow(/numNodes must be a positive whole number, got 0/);
  });
});

describe('LightGCN', () => {
  // users 0 to 2, items 3 to 5
  const edges = (): EdgeIndex => new EdgeIndex([[0, 0, 1, 2, 3, 4, 4, 5], [3, 4, 4, 5, 0, 0, 1, 2]], 6); // prettier-ignore
  const make = (): LightGCN =>
    new LightGCN({ numNodes: 6, embeddingDim: 4, numLayers: 2, generator: new Generator(3) });

  it('recommends what neighbours have', () => {
    const model = make();
    const graph = edges();
    scope(() => {
      const right = tf.tensor2d([[0, 1, 2], [4, 4, 5]], [2, 3], 'int32'); // prettier-ignore
      const wrong = tf.tensor2d([[0, 1, 2], [5, 5, 4]], [2, 3], 'int32'); // prettier-ignore
      const loss = (): tf.Tensor => model.recommendationLoss(model.forward(graph, right), model.forward(graph, wrong));
      const before = loss().dataSync()[0]!;
      for (let i = 0; i < 30; i++) {
        scope(() => {
          const { gradients } = valueAndGradients(loss, model.parameters());
          const { weight } = model.embedding;
          weight.assign(tf.sub(weight.value, gradients.get(weight)!));
        });
      }
      expect(loss().dataSync()[0]).toBeLessThan(before / 2);
      const best = model.recommend(graph, 2, { sources: ints(1), destinations: ints(3, 4, 5) });
      // user 1 has item 4, as user 0, who also has item 3
      expect([...best.dataSync()]).toEqual([4, 3]);
      expect(model.forward(graph).shape).toEqual([8]);
      expect(model.linkPredictionLoss(model.forward(graph), tf.ones([8])).shape).toEqual([]);
    });
    graph.dispose();
    model.dispose();
  });

  it('refuses wrong sizes', () => {
    expect(() => new LightGCN({ numNodes: 3, embeddingDim: 2, numLayers: 2, alpha: [1] })).toThrow(
      /1 weights for 2 layers/,
    );
    expect(() => new LightGCN({ numNodes: 0, embeddingDim: 2, numLayers: 2 })).toThrow(/numNodes must be a positive/);
  });

  it('is the same after saving and loading', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'light-gcn-'));
    const model = make();
    await model.savePretrained(folder);
    const loaded = await LightGCN.fromPretrained(folder);
    const graph = edges();
    scope(() => expectClose(loaded.getEmbedding(graph), model.getEmbedding(graph), { atol: 0 }));
    for (const made of [graph, loaded, model]) made.dispose();
    await rm(folder, { recursive: true });
  });
});
