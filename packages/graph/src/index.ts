export * from './edges/index.js';
export * from './models/index.js';
export * from './layers/index.js';
export * from './data/transforms/index.js';
export type { Triples } from './data/triples.js';
export * from './metrics/index.js';
export * from './training/index.js';
