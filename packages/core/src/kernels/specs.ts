export * from './accumulate-update/spec.js';
export * from './activation/spec.js';
export * from './adam-update/spec.js';
export * from './average-update/spec.js';
export * from './grouped-norm/spec.js';
export * from './row-norm/spec.js';
export * from './softmax-cross-entropy/spec.js';
