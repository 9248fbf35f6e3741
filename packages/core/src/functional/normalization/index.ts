export { batchNorm, type BatchNormOptions } from './batch-norm.js';
export * from './layer-norm.js';
