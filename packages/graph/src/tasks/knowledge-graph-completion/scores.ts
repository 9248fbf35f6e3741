import type { Watch } from '@hourglass/core';
import { rankLinks, type LinkRanking, type RankingScores } from '../../metrics/index.js';
import type { KnowledgeGraph } from '../../node/index.js';
import { withTripleScorer, type TripleModel } from '../../prediction/index.js';
import { allTriples, type SplitName } from './data.js';

/** Filtered ranks of the triples of a split, heads and tails among all entities. */
export function rankSplit(
  model: TripleModel,
  graph: KnowledgeGraph,
  split: SplitName,
  watch?: Watch,
): Promise<LinkRanking> {
  return withTripleScorer(model, graph.train, graph.numRelations, (scorer) =>
    rankLinks(scorer, graph[split], { known: allTriples(graph), ...watch }),
  );
}

/** Scores by name: `hits@10`. */
export function namedScores({ mrr, hits }: RankingScores): Record<string, number> {
  const byName = Object.entries(hits).map(([k, share]) => [`hits@${k}`, share] as const);
  return { mrr, ...Object.fromEntries(byName) };
}

/** For a JSON file. */
export function rankingJson(ranking: LinkRanking): Record<string, unknown> {
  const all = (of: RankingScores): Record<string, number> => {
    return { ...namedScores(of), meanRank: of.meanRank, count: of.count };
  };
  return { ...all(ranking), tails: all(ranking.tails), heads: all(ranking.heads) };
}

/** Scores as lines of text. */
export function rankingLines(ranking: LinkRanking): string[] {
  const line = (name: string, { mrr, hits, meanRank }: RankingScores): string =>
    `${name.padEnd(6)}  MRR ${mrr.toFixed(4)}  ` +
    Object.entries(hits)
      .map(([k, share]) => `Hits@${k} ${(100 * share).toFixed(2)} %  `)
      .join('') +
    `mean rank ${meanRank.toFixed(1)}`;
  return [line('all', ranking), line('tails', ranking.tails), line('heads', ranking.heads)];
}
