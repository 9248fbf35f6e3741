export * from './data/index.js';
export * from './layers/index.js';
