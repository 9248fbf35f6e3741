import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  answerQueries,
  RelationalAutoencoder,
  TransE,
  withTripleScorer,
  type TripleModel,
  type Triples,
  type TripleScorer,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const triples: Triples = { head: Int32Array.of(0, 1), relation: Int32Array.of(0, 1), tail: Int32Array.of(3, 2) };

/** Of five entities; entity e scores (e + entity + relation) modulo 5 as a tail, and the opposite as a head. */
const scorer: TripleScorer = {
  numNodes: 5,
  numRelations: 2,
  scoreTails: (head, relation) => rows(head, relation, 1),
  scoreHeads: (relation, tail) => rows(tail, relation, -1),
};

function rows(entity: tf.Tensor, relation: tf.Tensor, sign: number): tf.Tensor {
  const [of, by] = [entity.dataSync(), relation.dataSync()];
  return tf.tensor2d(Array.from(of, (e, i) => [0, 1, 2, 3, 4].map((n) => sign * ((n + e + by[i]!) % 5))));
}

describe('answers to questions', () => {
  it('are the entities that score highest, in order, without those that are known', async () => {
    const before = tf.memory().numTensors;
    const ask = (known: readonly Triples[]) =>
      answerQueries(
        scorer,
        [
          { asks: 'tail', entity: 0, relation: 0 },
          { asks: 'head', entity: 2, relation: 1 },
          { asks: 'tail', entity: 1, relation: 1 },
        ],
        { top: 3, known, batchSize: 1 },
      );
    const entities = (answers: Awaited<ReturnType<typeof ask>>) =>
      answers.map((list) => list.map(({ entity }) => entity));
    expect(entities(await ask([]))).toEqual([
      [4, 3, 2],
      [2, 3, 4],
      [2, 1, 0],
    ]);
    expect(entities(await ask([triples]))).toEqual([
      [4, 2, 1],
      [2, 3, 4],
      [1, 0, 4],
    ]);
    expect((await ask([]))[0]!.map(({ score }) => score)).toEqual([4, 3, 2]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('need questions of what there is', async () => {
    await expect(answerQueries(scorer, [{ asks: 'tail', entity: 5, relation: 0 }])).rejects.toThrow(
      'query 0 is of entity 5 of 5',
    );
    await expect(answerQueries(scorer, [{ asks: 'head', entity: 0, relation: 2 }])).rejects.toThrow('relation 2 of 2');
  });
});

describe('withTripleScorer', () => {
  const sizes = { numNodes: 5, hiddenChannels: 4 };

  it('asks models for heads by their ways back, where they have any', async () => {
    const read = async (model: TripleModel, relations: number): Promise<boolean> =>
      withTripleScorer(model, triples, relations, async (scorer) => {
        expect(scorer.numRelations).toBe(relations);
        const one = tf.tensor1d([1], 'int32');
        expect(model.training).toBe(false);
        const heads = scorer.scoreHeads(one, one);
        const direct = model instanceof TransE ? model.scoreHeads(one, one) : heads;
        const same = heads.dataSync().every((value, i) => value === direct.dataSync()[i]);
        tf.dispose([one, heads, direct]);
        return same;
      });
    const before = tf.memory().numTensors;
    const direct = new TransE({ ...sizes, numRelations: 2, generator: new Generator(1) });
    const reciprocal = new TransE({ ...sizes, numRelations: 4, generator: new Generator(1) });
    const encoder = new RelationalAutoencoder({ ...sizes, numRelations: 4, generator: new Generator(1) });
    expect(await read(direct, 2)).toBe(true);
    expect(await read(reciprocal, 2)).toBe(false);
    expect(await read(encoder, 2)).toBe(true);
    expect(encoder.training).toBe(true);
    await expect(read(direct, 3)).rejects.toThrow(
      'the model knows 2 relations, with those that lead back; the graph has 3',
    );
    for (const model of [direct, reciprocal, encoder]) model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
