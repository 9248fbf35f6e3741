export { smoothness, type Smoothness } from './smoothness.js';
export {
  rankLinks,
  rankOf,
  withReciprocals,
  type LinkRanking,
  type RankingOptions,
  type RankingScores,
  type TripleScorer,
} from './ranking.js';
