export {
  evaluateLinkPrediction,
  predictLinks,
  trainLinkPrediction,
  type LinkScores,
  type TrainLinkPredictionOptions,
} from './link-prediction.js';
export { trainOnWholeGraph, type WholeGraphOptions } from './whole-graph.js';
