import { check, defaultGenerator, disposeAfterGradients, type FitResult, type Generator } from '@hourglass/core';
import { taken } from '../data/edge-lists.js';
import type { Triples } from '../data/triples.js';
import { relationalEdges } from '../edges/index.js';
import type { RelationalAutoencoder } from '../models/rgcn.js';
import { fitAnswers, type KnowledgeGraphTraining } from './knowledge-graph.js';

export interface RelationalTraining extends KnowledgeGraphTraining<RelationalAutoencoder> {
  /**
   * Probability with which a triple is left out of the graph that a step encodes, in both directions: else every answer that is asked
   * for is also told. Default 0.5.
   */
  readonly edgeDropout?: number;
  /** Draws the triples that are left out. Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * Trains an R-GCN encoder with a DistMult decoder to find the right answers among all entities, as `trainKnowledgeGraph`
 * trains embeddings alone. The model needs a relation back for each in the data; encode with
 * `relationalEdges(triples, …)` and rank with `withReciprocals` of its scorer.
 *
 * @throws InvalidArgumentError when there are no triples, or they name what the model does not have
 */
export async function trainRelationalAutoencoder(
  model: RelationalAutoencoder,
  triples: Triples,
  options: RelationalTraining,
): Promise<FitResult> {
  const { edgeDropout = 0.5, generator, ...rest } = options;
  const drawn = generator ?? defaultGenerator();
  check(
    edgeDropout >= 0 && edgeDropout < 1,
    () => `trainRelationalAutoencoder: edgeDropout must be in [0, 1), got ${edgeDropout}`,
  );
  return await fitAnswers(
    model,
    (model) => {
      const known = model.training ? someOf(triples, 1 - edgeDropout, drawn) : triples;
      const edges = relationalEdges(known, model.numNodes, model.numRelations / 2);
      try {
        return model.scorer(model.encode(edges));
      } finally {
        disposeAfterGradients(edges);
      }
    },
    triples,
    // a run keeps the state of every generator it draws from
    generator === undefined ? rest : { ...rest, generators: { ...rest.generators, edgeDropout: generator } },
  );
}

/** Each triple with this probability. */
function someOf({ head, relation, tail }: Triples, probability: number, generator: Generator): Triples {
  const numbers = new Int32Array(head.length);
  let count = 0;
  for (let i = 0; i < head.length; i++) if (generator.uniform(0, 1) < probability) numbers[count++] = i;
  const kept = numbers.subarray(0, count);
  return { head: taken(head, kept), relation: taken(relation, kept), tail: taken(tail, kept) };
}
