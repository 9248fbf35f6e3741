export * from './backends.js';
export * from './compare.js';
export * from './finite-differences.js';
export * from './parity.js';
export * from './double-precision.js';
export * from './draw.js';
export * from './kernel-measure.js';
export * from './shaders.js';
