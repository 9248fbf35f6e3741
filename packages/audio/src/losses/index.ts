export * from './mixture-consistency.js';
export * from './permutation-invariant.js';
export * from './sdr.js';
export * from './guided-attention.js';
