export {
  evaluateLinkPrediction,
  predictLinks,
  trainLinkPrediction,
  type LabelledPairs,
  type LinkScores,
  type TrainLinkPredictionOptions,
} from './link-prediction.js';
