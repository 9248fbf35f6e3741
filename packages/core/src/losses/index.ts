export * from './cross-entropy.js';
export type { Reduction, ReductionOptions } from './reduction.js';
