export * from './edges/index.js';
export * from './layers/index.js';
