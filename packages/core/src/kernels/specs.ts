/** Kernels of our own, that a backend may bring; each spec says what it computes. */
export * from './accumulate-update/spec.js';
export * from './adam-update/spec.js';
export * from './attention/spec.js';
export * from './average-update/spec.js';
export * from './grouped-norm/spec.js';
export * from './masked-scale/spec.js';
export * from './place-rows/spec.js';
export * from './pool/spec.js';
export * from './random/spec.js';
export * from './resample/spec.js';
export * from './row-norm/spec.js';
export * from './sampled-product/spec.js';
export * from './segment-max/spec.js';
export * from './segment-softmax/spec.js';
export * from './softmax-cross-entropy/spec.js';
export * from './sparse-product/spec.js';
export * from './take-rows/spec.js';
