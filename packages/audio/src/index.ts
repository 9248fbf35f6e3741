export * from './data/index.js';
export * from './layers/index.js';
export * from './models/index.js';
