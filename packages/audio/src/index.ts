export * from './bitstream/index.js';
export * from './data/index.js';
export * from './losses/index.js';
export * from './models/index.js';
