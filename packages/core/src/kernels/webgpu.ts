/** Versions of our kernels in WGSL. */
export * from './activation/webgpu.js';
export * from './elementwise-grad/webgpu.js';
export * from './grouped-norm/webgpu.js';
export * from './nearest-points/webgpu.js';
export * from './row-norm/webgpu.js';
