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
export {
  classificationScores,
  likeliest,
  type ClassificationScores,
  type Predictions,
} from './classification-scores.js';
export {
  evaluateGraphClassification,
  predictGraphs,
  trainGraphClassification,
  type TrainGraphClassificationOptions,
} from './graph-classification.js';
export {
  evaluateNodeClassification,
  nodeRecipes,
  predictNodes,
  trainNodeClassification,
  type NodeRecipe,
  type NodeSampling,
  type TrainNodeClassificationOptions,
} from './node-classification.js';
export { evaluateEntityClassification, trainEntityClassification } from './entity-classification.js';
export type { LinkLoss } from './link-steps.js';
