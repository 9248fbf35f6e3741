export {
  evaluateLinkPrediction,
  predictLinks,
  trainLinkPrediction,
  type LinkScores,
  type TrainLinkPredictionOptions,
} from './link-prediction.js';
export { trainOnWholeGraph, type WholeGraphOptions } from './whole-graph.js';
export { trainKnowledgeGraph, type KnowledgeGraphTraining } from './knowledge-graph.js';
export { trainRelationalAutoencoder, type RelationalTraining } from './relational-autoencoder.js';
