export * from './accuracy.js';
export * from './clustering.js';
export * from './confusion-matrix.js';
export * from './image.js';
export * from './mean.js';
export * from './ranking.js';
export * from './scores.js';
export * from './stats.js';
export type { Metric, MetricState, MetricValues } from './values.js';
