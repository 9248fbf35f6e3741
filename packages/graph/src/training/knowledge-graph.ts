import * as tf from '@tensorflow/tfjs-core';
import {
  Adagrad,
  check,
  checkCount,
  fit,
  Generator,
  losses,
  scope,
  type BatchSource,
  type FitOptions,
  type FitResult,
  type Module,
  type Optimizer,
} from '@hourglass/core';
import { Answers, checkTriples, type Triples } from '../data/triples.js';
import type { KGEModel } from '../models/knowledge-graph/index.js';

/** Queries of a batch, and the triples that answer them. */
export interface QueryBatch {
  /** int32 [queries] */
  readonly entity: tf.Tensor;
  readonly relation: tf.Tensor;
  /** float32 [queries]: number of answers of each. */
  readonly answers: tf.Tensor;
  /** int32 [queries]: one of the answers of each. */
  readonly first: tf.Tensor;
  /** int32 [triples]: the entity, relation and answer of each answer. */
  readonly triples: { readonly entity: tf.Tensor; readonly relation: tf.Tensor; readonly answer: tf.Tensor };
}

/** What answers are scored by. */
export type AnswerScorer = Pick<KGEModel, 'scoreTails' | 'forward' | 'factors'>;

type Fitting<M extends Module> = Omit<FitOptions<M, QueryBatch>, 'train' | 'loss' | 'optimizer' | 'epochs' | 'steps'>;

export interface KnowledgeGraphTraining<M extends Module = KGEModel> extends Fitting<M> {
  readonly epochs: number;
  /** Queries in a batch; each has some answers. Default 512. */
  readonly batchSize?: number;
  /** Of Adagrad. Default 0.1. */
  readonly learningRate?: number;
  /** Adagrad's L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Default Adagrad with `learningRate` and `weightDecay`. */
  readonly optimizer?: Optimizer;
  /** Weight of the N3 regulariser: the sum of the embeddings' cubes. Default 0. */
  readonly regularization?: number;
}

/**
 * Trains embeddings of a knowledge graph to find the one right answer among all entities: cross entropy over them, with reciprocal
 * relations and the N3 regulariser of Lacroix et al. 2018 (arXiv:1806.07297). A query's scores are computed once for all its
 * answers, which gives the same loss as answer by answer.
 *
 * With n relations in the data the model needs 2 n: relation r + n leads back, and heads are asked for by it. Rank with
 * `rankLinks(withReciprocals(model), …)`. For DistMult, ComplEx, and others whose scores are large for likely triples.
 *
 * ```ts
 * const { train, valid, test, numEntities, numRelations } = await openTriples('fb15k-237'); // of @hourglass/graph/node
 * const model = new DistMult({ numNodes: numEntities, numRelations: 2 * numRelations, hiddenChannels: 200 });
 * await trainKnowledgeGraph(model, train, { epochs: 10, regularization: 0.05 });
 * const { mrr, hits } = await rankLinks(withReciprocals(model), test, { known: [train, valid, test] });
 * ```
 *
 * @throws InvalidArgumentError when there are no triples, or they name what the model does not have
 */
export function trainKnowledgeGraph(
  model: KGEModel,
  triples: Triples,
  options: KnowledgeGraphTraining,
): Promise<FitResult> {
  return fitAnswers(model, (model) => model, triples, options);
}

/** {@link trainKnowledgeGraph} for any model: `scorerOf` gives, in each step, what answers are scored by. */
export async function fitAnswers<M extends Module & { readonly numNodes: number; readonly numRelations: number }>(
  model: M,
  scorerOf: (model: M) => AnswerScorer,
  triples: Triples,
  options: KnowledgeGraphTraining<M>,
): Promise<FitResult> {
  const {
    epochs,
    batchSize = 512,
    learningRate = 0.1,
    weightDecay = 0,
    optimizer,
    regularization = 0,
    ...rest
  } = options;
  const relations = model.numRelations / 2;
  check(
    Number.isInteger(relations),
    () => `trainKnowledgeGraph: each relation needs one back, but the model has ${model.numRelations} relations`,
  );
  check(regularization >= 0, () => `trainKnowledgeGraph: regularization must not be negative, got ${regularization}`);
  checkTriples('trainKnowledgeGraph', triples, model.numNodes, relations);
  check(triples.head.length > 0, 'trainKnowledgeGraph: there are no triples');
  const own = optimizer === undefined ? new Adagrad(model.parameters(), { lr: learningRate, weightDecay }) : null;
  try {
    return await fit(model, {
      ...rest,
      train: new Queries(triples, relations, batchSize, options.seed ?? 0),
      loss: (model, batch) => scope(() => answerLoss(scorerOf(model), batch, regularization)),
      optimizer: optimizer ?? own!,
      epochs,
    });
  } finally {
    own?.dispose();
  }
}

/**
 * Cross entropy of each answer among all entities, averaged over answers, and the regulariser. An answer's cross entropy is that of
 * its query's first answer, and how much higher that one scores.
 */
export function answerLoss(model: AnswerScorer, batch: QueryBatch, regularization: number): tf.Tensor {
  return scope(() => {
    const { entity, relation, answer } = batch.triples;
    const scale = 1 / answer.size;
    const scores = model.scoreTails(batch.entity, batch.relation);
    // one kernel, where a logarithm of the sum of exponentials would be a chain of large tensors
    const ofFirst = losses.crossEntropy(scores, batch.first, { reduction: 'none' });
    const first = model.forward(batch.entity, batch.relation, batch.first);
    const right = model.forward(entity, relation, answer);
    const loss = tf.mul(tf.sub(tf.sum(tf.mul(tf.add(ofFirst, first), batch.answers)), tf.sum(right)), scale);
    if (regularization === 0) return loss;
    const cubes = model.factors(entity, relation, answer).map((x) => tf.sum(tf.mul(tf.square(x), x)));
    return tf.add(loss, tf.mul(tf.addN(cubes), regularization * scale));
  });
}

/** All queries for tails, and by the relations back for heads, in a new order each epoch. */
class Queries implements BatchSource<QueryBatch> {
  readonly length: number;
  readonly #queries: ReadonlyArray<{
    readonly entity: number;
    readonly relation: number;
    readonly answers: readonly number[];
  }>;

  constructor(
    triples: Triples,
    relations: number,
    private readonly batchSize: number,
    private readonly seed: number,
  ) {
    checkCount('trainKnowledgeGraph: batchSize', batchSize);
    const { head, relation, tail } = triples;
    const back = { head: tail, relation: relation.map((number) => number + relations), tail: head };
    this.#queries = [...new Answers([triples, back], 2 * relations, 'tail').queries()];
    this.length = Math.ceil(this.#queries.length / batchSize);
  }

  // what it gives is ready at once, but a source is read like any other
  // oxlint-disable-next-line require-await
  async *iterate(epoch: number, start = 0): AsyncIterable<QueryBatch> {
    const order = new Generator(this.seed * 1_000_003 + epoch).permutation(this.#queries.length);
    for (let batch = start; batch < this.length; batch++) {
      const some = Array.from(
        order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize),
        (i) => this.#queries[i]!,
      );
      const int32 = (values: readonly number[]): tf.Tensor => tf.tensor1d([...values], 'int32');
      yield {
        entity: int32(some.map(({ entity }) => entity)),
        relation: int32(some.map(({ relation }) => relation)),
        answers: tf.tensor1d(some.map(({ answers }) => answers.length)),
        first: int32(some.map(({ answers }) => answers[0]!)),
        triples: {
          entity: int32(some.flatMap(({ entity, answers }) => answers.map(() => entity))),
          relation: int32(some.flatMap(({ relation, answers }) => answers.map(() => relation))),
          answer: int32(some.flatMap(({ answers }) => answers)),
        },
      };
    }
  }
}
