export * from './activations/index.js';
export * from './linear-algebra/index.js';
export * from './normalization/index.js';
export * from './boxes/index.js';
export * from './roi/index.js';
export * from './attention/index.js';
