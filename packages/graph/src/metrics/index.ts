export {
  rankLinks,
  rankOf,
  withReciprocals,
  type LinkRanking,
  type RankingOptions,
  type RankingScores,
  type TripleScorer,
} from './ranking.js';
