export * from './bitstream/index.js';
export * from './data/index.js';
export * from './losses/index.js';
export * from './decoding/index.js';
export * from './metrics/index.js';
export * from './layers/index.js';
export * from './models/index.js';
export * from './training/index.js';
