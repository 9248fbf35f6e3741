export * from './beam-search.js';
export * from './config.js';
export * from './decoder.js';
export { logSoftmax } from './distribution.js';
export * from './generate.js';
export * from './processors/index.js';
export * from './stopping.js';
export * from './token-search.js';
