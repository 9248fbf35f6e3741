import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, InvalidArgumentError, progressed, scope, type Watch } from '@hourglass/core';
import { Answers, checkTriples, type Triples } from '../data/triples.js';

/** What can score every entity as the answer of queries, entities and relations being int32 [n]. */
export interface TripleScorer {
  readonly numNodes: number;
  readonly numRelations: number;
  /** [n, entities] */
  scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor;
  /** [n, entities] */
  scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor;
}

export interface RankingOptions extends Watch {
  /** Triples that are known to be true, the ranked ones too: other answers among them do not count against one. Default: none. */
  readonly known?: readonly Triples[];
  /** The k of Hits@k. Default 1, 3 and 10. */
  readonly hitsAt?: readonly number[];
  /** Queries scored at once. Default 128. */
  readonly batchSize?: number;
}

/** How high the right answers rank. */
export interface RankingScores {
  /** Mean of 1 / rank. */
  readonly mrr: number;
  /** Ranks count from 1. */
  readonly meanRank: number;
  /** By k, the share of right answers among the first k. */
  readonly hits: Readonly<Record<number, number>>;
  /** How many answers were ranked. */
  readonly count: number;
}

export interface LinkRanking extends RankingScores {
  /** Of queries for the tail, and for the head. */
  readonly tails: RankingScores;
  readonly heads: RankingScores;
}

/**
 * Ranks the tail and the head of each triple among all entities (Bordes et al. 2013): filtered, where true triples are given. Among
 * equal scores a right answer has the mean of their ranks, so that scores that are all equal gain nothing.
 *
 * @throws InvalidArgumentError when a triple names what is not there, or a score is not a number
 */
export async function rankLinks(
  model: TripleScorer,
  triples: Triples,
  options: RankingOptions = {},
): Promise<LinkRanking> {
  const { known = [], hitsAt = [1, 3, 10], batchSize = 128, ...watch } = options;
  const { numNodes, numRelations } = model;
  checkCount('rankLinks: batchSize', batchSize);
  for (const list of [triples, ...known]) checkTriples('rankLinks', list, numNodes, numRelations);
  const side = async (of: 'tail' | 'head'): Promise<Float64Array> => {
    const answers = new Answers(known, numRelations, of);
    const [given, asked] = of === 'tail' ? [triples.head, triples.tail] : [triples.tail, triples.head];
    const ranks = new Float64Array(asked.length);
    for (let at = 0; at < asked.length; at += batchSize) {
      const end = Math.min(at + batchSize, asked.length);
      const scores = scope(() => {
        const entity = tf.tensor1d(given.subarray(at, end), 'int32');
        const relation = tf.tensor1d(triples.relation.subarray(at, end), 'int32');
        return of === 'tail' ? model.scoreTails(entity, relation) : model.scoreHeads(relation, entity);
      });
      const values = await scores.data<'float32'>();
      scores.dispose();
      for (let i = at; i < end; i++) {
        const row = values.subarray((i - at) * numNodes, (i - at + 1) * numNodes);
        ranks[i] = rankOf(row, asked[i]!, answers.of(given[i]!, triples.relation[i]!));
      }
      await progressed(watch, (of === 'tail' ? 0 : asked.length) + end, 2 * asked.length);
    }
    return ranks;
  };
  const [tails, heads] = [await side('tail'), await side('head')];
  return {
    ...summary([tails, heads], hitsAt),
    tails: summary([tails], hitsAt),
    heads: summary([heads], hitsAt),
  };
}

/**
 * The rank of one of many scores, from 1 on; the mean of the ranks of those that are equal.
 *
 * @param others numbers of scores that do not count
 * @throws InvalidArgumentError when the score, or one that counts, is not a number
 */
export function rankOf(scores: Float32Array, target: number, others: readonly number[] = []): number {
  const score = scores[target]!;
  let [above, equal, unordered] = [0, 0, 0];
  const count = (value: number, step: number): void => {
    if (value > score) above += step;
    else if (value === score) equal += step;
    else if (!(value < score)) unordered += step;
  };
  for (let i = 0; i < scores.length; i++) count(scores[i]!, 1);
  for (const other of others) if (other !== target) count(scores[other]!, -1);
  if (unordered > 0) throw new InvalidArgumentError('rankOf: a score is not a number; the model may have diverged');
  return 1 + above + (equal - 1) / 2;
}

function summary(lists: readonly Float64Array[], hitsAt: readonly number[]): RankingScores {
  let [count, reciprocal, sum] = [0, 0, 0];
  const within = hitsAt.map(() => 0);
  for (const ranks of lists) {
    for (const rank of ranks) {
      count++;
      reciprocal += 1 / rank;
      sum += rank;
      hitsAt.forEach((k, i) => (within[i]! += rank <= k ? 1 : 0));
    }
  }
  return {
    mrr: reciprocal / count,
    meanRank: sum / count,
    hits: Object.fromEntries(hitsAt.map((k, i) => [k, within[i]! / count])),
    count,
  };
}

/**
 * A model that was trained with a second relation r + n for each of n relations r, which leads back: heads are what the
 * way back scores as tails (Lacroix et al. 2018, arXiv:1806.07297).
 *
 * @throws InvalidArgumentError when the number of relations is odd
 */
export function withReciprocals(model: TripleScorer): TripleScorer {
  const relations = model.numRelations / 2;
  check(
    Number.isInteger(relations),
    () => `withReciprocals: each relation needs one back, but the model has ${model.numRelations}`,
  );
  return {
    numNodes: model.numNodes,
    numRelations: relations,
    scoreTails: (head, relation) => model.scoreTails(head, relation),
    scoreHeads: (relation, tail) =>
      scope(() => model.scoreTails(tail, tf.add(relation, tf.scalar(relations, 'int32')))),
  };
}
