export * from './binary.js';
export * from './boxes.js';
export * from './contrastive.js';
export * from './cross-entropy.js';
export * from './divergence.js';
export * from './margin.js';
export type { Reduction, ReductionOptions } from './reduction.js';
export * from './regression.js';
export * from './segmentation/index.js';
