import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  evaluationMode,
  loadPretrained,
  progressed,
  scope,
  type OpenOptions,
  type Watch,
} from '@hourglass/core';
import { Answers, type Triples } from '../data/triples.js';
import { relationalEdges } from '../edges/index.js';
import { withReciprocals, type TripleScorer } from '../metrics/index.js';
import {
  knowledgeGraphFamilies,
  RelationalAutoencoder,
  relationalAutoencoderFamilies,
  type KGEModel,
} from '../models/index.js';

/** What completes knowledge graphs: embeddings alone, or an encoder of the graph. */
export type TripleModel = KGEModel | RelationalAutoencoder;

/** Loads a checkpoint of any of them. */
export function loadTripleModel(source: string, options?: OpenOptions): Promise<TripleModel> {
  return loadPretrained<TripleModel>(source, [...knowledgeGraphFamilies, ...relationalAutoencoderFamilies], options);
}

/**
 * Runs `fn` with what scores triples of a knowledge graph, in evaluation mode: encoded from what is known, where the model encodes;
 * by a relation back for heads, where the model has one for each of the graph's.
 *
 * @param relations how many the graph has
 * @throws InvalidArgumentError when the model has neither as many nor twice as many
 */
export async function withTripleScorer<R>(
  model: TripleModel,
  known: Triples,
  relations: number,
  fn: (scorer: TripleScorer) => Promise<R>,
): Promise<R> {
  const hasWaysBack = model.numRelations === 2 * relations;
  check(
    hasWaysBack || (model.numRelations === relations && !(model instanceof RelationalAutoencoder)),
    () => `the model knows ${model.numRelations} relations, with those that lead back; the graph has ${relations}`,
  );
  const ofGraph = (scorer: TripleScorer): TripleScorer => (hasWaysBack ? withReciprocals(scorer) : scorer);
  const restore = evaluationMode(model);
  let codes: tf.Tensor | null = null;
  try {
    if (!(model instanceof RelationalAutoencoder)) return await fn(ofGraph(model));
    const edges = relationalEdges(known, model.numNodes, relations);
    try {
      codes = scope(() => model.encode(edges));
    } finally {
      edges.dispose();
    }
    return await fn(ofGraph(model.scorer(codes)));
  } finally {
    codes?.dispose();
    restore();
  }
}

/** A triple without its tail, or without its head. */
export interface TripleQuery {
  readonly asks: 'tail' | 'head';
  /** The head or tail that is given. */
  readonly entity: number;
  readonly relation: number;
}

export interface TripleAnswer {
  readonly entity: number;
  readonly score: number;
}

export interface AnswerOptions extends Watch {
  /** How many answers. Default 10. */
  readonly top?: number;
  /** Triples whose answers are left out, since one has them already. Default none. */
  readonly known?: readonly Triples[];
  /** Queries scored at once. Default 128. */
  readonly batchSize?: number;
}

/** The entities that score highest as answers of each query, best first. @throws InvalidArgumentError when a query names what is not there */
export async function answerQueries(
  scorer: TripleScorer,
  queries: readonly TripleQuery[],
  { top = 10, known = [], batchSize = 128, ...watch }: AnswerOptions = {},
): Promise<TripleAnswer[][]> {
  const { numNodes, numRelations } = scorer;
  queries.forEach(({ entity, relation }, i) => {
    const fits = entity >= 0 && entity < numNodes && relation >= 0 && relation < numRelations;
    check(fits, () => `query ${i} is of entity ${entity} of ${numNodes}, and relation ${relation} of ${numRelations}`);
  });
  const results: TripleAnswer[][] = queries.map(() => []);
  let done = 0;
  for (const asks of ['tail', 'head'] as const) {
    const answers = new Answers(known, numRelations, asks);
    const own = queries.flatMap((query, i) => (query.asks === asks ? [i] : []));
    for (let at = 0; at < own.length; at += batchSize) {
      const some = own.slice(at, at + batchSize);
      const ids = (of: 'entity' | 'relation'): tf.Tensor1D =>
        tf.tensor1d(
          some.map((i) => queries[i]![of]),
          'int32',
        );
      const scores = scope(() =>
        asks === 'tail'
          ? scorer.scoreTails(ids('entity'), ids('relation'))
          : scorer.scoreHeads(ids('relation'), ids('entity')),
      );
      const values = await scores.data<'float32'>();
      scores.dispose();
      some.forEach((i, row) => {
        const { entity, relation } = queries[i]!;
        const rows = values.subarray(row * numNodes, (row + 1) * numNodes);
        results[i] = highest(rows, top, new Set(answers.of(entity, relation)));
      });
      await progressed(watch, (done += some.length), queries.length);
    }
  }
  return results;
}

/** The highest scores, best first, of those that are not left out. */
function highest(scores: Float32Array, count: number, without: ReadonlySet<number>): TripleAnswer[] {
  const best: TripleAnswer[] = [];
  scores.forEach((score, entity) => {
    if (best.length === count && score <= best.at(-1)!.score) return;
    if (without.has(entity)) return;
    const place = best.findIndex((other) => other.score < score);
    best.splice(place === -1 ? best.length : place, 0, { entity, score });
    best.length = Math.min(best.length, count);
  });
  return best;
}
