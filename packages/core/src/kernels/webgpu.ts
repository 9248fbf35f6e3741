/** Versions of our kernels in WGSL. */
export * from './convolution-layer/webgpu.js';
export * from './fourier/webgpu.js';
export * from './frames/webgpu.js';
export * from './nearest-points/webgpu.js';
export * from './pool/webgpu.js';
export * from './resample/webgpu.js';
export * from './row-norm/webgpu.js';
export * from './unfold/webgpu.js';
