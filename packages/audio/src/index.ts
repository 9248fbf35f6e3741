export * from './data/index.js';
export * from './decoding/index.js';
export * from './metrics/index.js';
export * from './models/index.js';
