export * from './bitstream/index.js';
export * from './data/index.js';
