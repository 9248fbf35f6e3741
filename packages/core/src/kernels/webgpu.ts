/** Versions of our kernels in WGSL. */
export * from './attention/webgpu.js';
export * from './nearest-points/webgpu.js';
export * from './row-norm/webgpu.js';
