/** Versions of our kernels in WGSL. */
export * from './accumulate-update/webgpu.js';
export * from './activation/webgpu.js';
export * from './adagrad-update/webgpu.js';
export * from './adam-update/webgpu.js';
export * from './average-update/webgpu.js';
export * from './elementwise-grad/webgpu.js';
export * from './gradient-norms/webgpu.js';
export * from './grouped-norm/webgpu.js';
export * from './masked-scale/webgpu.js';
export * from './nearest-points/webgpu.js';
export * from './rmsprop-update/webgpu.js';
export * from './row-norm/webgpu.js';
export * from './sgd-update/webgpu.js';
export * from './snake/webgpu.js';
