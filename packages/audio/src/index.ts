export * from './data/index.js';
export * from './signal/index.js';
