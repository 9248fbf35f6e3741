import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { DistMult, rankLinks, rankOf, withReciprocals, type Triples, type TripleScorer } from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const triples = (...rows: ReadonlyArray<readonly [number, number, number]>): Triples => ({
  head: Int32Array.from(rows, ([head]) => head),
  relation: Int32Array.from(rows, ([, relation]) => relation),
  tail: Int32Array.from(rows, ([, , tail]) => tail),
});

/** Scores entity e as tail of anything as tails[e], and as head as heads[e]. */
function fixed(tails: readonly number[], heads: readonly number[], relations = 1): TripleScorer {
  const of = (scores: readonly number[], queries: tf.Tensor): tf.Tensor =>
    tf.tile(tf.tensor2d([...scores], [1, scores.length]), [queries.size, 1]);
  return {
    numNodes: tails.length,
    numRelations: relations,
    scoreTails: (head) => of(tails, head),
    scoreHeads: (_, tail) => of(heads, tail),
  };
}

describe('rankOf', () => {
  it('counts from one, and shares ranks among equals', () => {
    const scores = Float32Array.of(3, 5, 3, 1, 3);
    expect(rankOf(scores, 1)).toBe(1);
    expect(rankOf(scores, 0)).toBe(3);
    expect(rankOf(scores, 3)).toBe(5);
    expect(rankOf(scores, 3, [1, 3, 0])).toBe(3);
    expect(rankOf(new Float32Array(9), 4)).toBe(5);
  });

  it('refuses scores that are not numbers, unless they do not count', () => {
    const scores = Float32Array.of(NaN, 1);
    expect(() => rankOf(scores, 1)).toThrow(/not a number/);
    expect(() => rankOf(scores, 0)).toThrow(/not a number/);
    expect(rankOf(scores, 1, [0])).toBe(1);
  });
});

describe('rankLinks', () => {
  // as tails 3 > 0 > 2 > 1, as heads 1 > 2 > 3 > 0
  const model = fixed([8, 1, 5, 9], [0, 9, 8, 7]);

  it('ranks both sides', async () => {
    const ranked = await rankLinks(model, triples([1, 0, 2], [0, 0, 3]), { hitsAt: [1, 2], batchSize: 1 });
    expect(ranked.tails).toEqual({ mrr: (1 / 3 + 1) / 2, meanRank: 2, hits: { 1: 0.5, 2: 0.5 }, count: 2 });
    expect(ranked.heads).toEqual({ mrr: (1 + 1 / 4) / 2, meanRank: 2.5, hits: { 1: 0.5, 2: 0.5 }, count: 2 });
    expect(ranked.mrr).toBeCloseTo((ranked.tails.mrr + ranked.heads.mrr) / 2, 10);
    expect(ranked.count).toBe(4);
  });

  it('leaves out what is known to be true, of the same query only', async () => {
    const test = triples([1, 0, 2]);
    // (1, 0, 3) is true, so only 0 still comes before 2; (2, 0, 0) belongs to another query
    const known = [triples([1, 0, 3], [1, 0, 3], [2, 0, 0]), test];
    const ranked = await rankLinks(model, test, { known });
    expect(ranked.tails.meanRank).toBe(2);
    expect(ranked.heads.meanRank).toBe(1);
  });

  it('refuses triples that name what is not there', async () => {
    await expect(rankLinks(model, triples([0, 0, 4]))).rejects.toThrow(/tail of triple 0 is 4, there are 4/);
    await expect(rankLinks(model, triples([0, 1, 1]))).rejects.toThrow(/relation of triple 0 is 1, there are 1/);
    await expect(rankLinks(model, triples([-1, 0, 1]))).rejects.toThrow(/head of triple 0 is -1/);
    const torn = { ...triples([0, 0, 1]), tail: new Int32Array() };
    await expect(rankLinks(model, torn)).rejects.toThrow(/1 heads, 1 relations and 0 tails/);
  });

  it('asks for heads by the relations back', async () => {
    const distMult = new DistMult({ numNodes: 5, numRelations: 4, hiddenChannels: 3, generator: new Generator(1) });
    const scorer = withReciprocals(distMult);
    expect(scorer.numRelations).toBe(2);
    scope(() => {
      const [tail, one, back] = [4, 1, 3].map((number) => tf.tensor1d([number], 'int32')) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      expect(scorer.scoreHeads(one, tail).dataSync()).toEqual(distMult.scoreTails(tail, back).dataSync());
    });
    const ranked = await rankLinks(scorer, triples([0, 1, 2]));
    expect(ranked.count).toBe(2);
    distMult.dispose();
    expect(() => withReciprocals(fixed([1], [1], 3))).toThrow(/each relation needs one back, but the model has 3/);
  });
});
