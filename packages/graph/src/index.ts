export * from './data/index.js';
export * from './edges/index.js';
export * from './models/index.js';
export * from './layers/index.js';
export * from './losses/index.js';
export * from './sampling/index.js';
export * from './training/index.js';
export * from './prediction/index.js';
