export { anomalyScores, type AnomalyScoreOptions } from './anomaly-scores.js';
export { clusterNodes, embedNodes } from './embed-nodes.js';
export {
  answerQueries,
  loadTripleModel,
  withTripleScorer,
  type AnswerOptions,
  type TripleAnswer,
  type TripleModel,
  type TripleQuery,
} from './complete-triples.js';
