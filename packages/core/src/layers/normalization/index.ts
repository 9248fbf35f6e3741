export * from './batch-norm.js';
export * from './layer-norm.js';
