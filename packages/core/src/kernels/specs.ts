/** Kernels of our own, that a backend may bring; each spec says what it computes. */
export * from './adam-update/spec.js';
export * from './attention/spec.js';
export * from './grouped-norm/spec.js';
