export { anomalyScores, type AnomalyScoreOptions } from './anomaly-scores.js';
export { clusterNodes, embedNodes } from './embed-nodes.js';
