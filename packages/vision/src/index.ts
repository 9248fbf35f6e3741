export * from './layers/index.js';
export * from './models/index.js';
export * from './data/index.js';
export * from './metrics/index.js';
export * from './prediction/index.js';
export * from './training/index.js';
