export * from './backends.js';
export * from './compare.js';
export * from './finite-differences.js';
export * from './parity.js';
