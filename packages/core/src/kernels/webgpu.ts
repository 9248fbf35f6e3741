/** Versions of our kernels in WGSL. */
export * from './nearest-points/webgpu.js';
export * from './row-norm/webgpu.js';
export * from './selective-scan/webgpu.js';
