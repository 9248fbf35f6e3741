/** Versions of our kernels in WGSL. */
export * from './nearest-points/webgpu.js';
export * from './random/webgpu.js';
export * from './row-norm/webgpu.js';
export * from './sampled-product/webgpu.js';
export * from './segment-max/webgpu.js';
export * from './segment-softmax/webgpu.js';
export * from './selective-scan/webgpu.js';
export * from './sparse-product/webgpu.js';
export * from './take-rows/webgpu.js';
