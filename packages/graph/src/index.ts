export * from './edges/index.js';
export * from './models/index.js';
export * from './layers/index.js';
export * from './data/transforms/index.js';
