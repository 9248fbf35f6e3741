import { deriveGenerator, type BatchSource } from '@hourglass/core';
import { EdgeIndex } from '../edges/index.js';
import type { ARGA } from '../models/index.js';
import { maskEdges, sampleNegativePairs, type PairList } from '../sampling/index.js';

/** What links are compared with: all pairs, drawn ones, or drawn ones while the encoder does not see the links that are scored. */
export type LinkLoss = 'full' | 'sampled' | 'masked';

/** One step: of encoder and decoder, or of the discriminator. */
export interface LinkStep {
  readonly ofAdversary: boolean;
  /** The edges along which messages go; null for all of them. */
  readonly visible: EdgeIndex | null;
  /** Those that are scored; null for all of them. */
  readonly positives: EdgeIndex | null;
  /** Pairs without an edge; null where all pairs count. */
  readonly negatives: EdgeIndex | null;
}

export interface LinkStepOptions {
  readonly adversary: ARGA | null;
  readonly loss: LinkLoss;
  readonly maskRate: number;
  readonly seed: number;
}

/** Steps of an epoch: one, or with an adversary one of each kind. What a step does not train is frozen. What is drawn depends on seed and epoch. */
export function linkSteps(edges: EdgeIndex, options: LinkStepOptions): BatchSource<LinkStep> {
  const { adversary, loss, maskRate, seed } = options;
  const kinds = adversary === null ? [false] : [true, false];
  return {
    length: kinds.length,
    async *iterate(epoch, start = 0) {
      for (const ofAdversary of kinds.slice(start)) {
        const generator = deriveGenerator(seed, epoch);
        const graphOf = (pairs: PairList): EdgeIndex => new EdgeIndex(pairs, edges.nodes);
        const masked = loss === 'masked' && !ofAdversary ? maskEdges(edges, maskRate, generator) : null;
        const count = masked?.hidden[0].length ?? edges.edges;
        const drawn = loss === 'full' || ofAdversary ? null : graphOf(sampleNegativePairs(edges, count, { generator }));
        try {
          // the adversary's loss reaches nothing else, since it takes the embeddings as constant
          adversary?.discriminator.requiresGrad(ofAdversary);
          // who trains frees what is made for the step
          yield {
            ofAdversary,
            visible: masked && graphOf(masked.visible),
            positives: masked && graphOf(masked.hidden),
            negatives: drawn,
          };
        } finally {
          adversary?.discriminator.requiresGrad(true);
        }
      }
    },
  };
}
