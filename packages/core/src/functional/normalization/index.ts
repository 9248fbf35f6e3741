export { batchNorm, type BatchNormOptions } from './batch-norm.js';
export * from './group-norm.js';
export * from './layer-norm.js';
export * from './response-norm.js';
export * from './vector-norm.js';
export * from './weight-norm.js';
