/** Versions of our kernels in WGSL. */
export * from './ball-query/webgpu.js';
export * from './code-statistics/webgpu.js';
export * from './farthest-points/webgpu.js';
export * from './nearest-codes/webgpu.js';
export * from './nearest-neighbours/webgpu.js';
export * from './nearest-points/webgpu.js';
export * from './neighbour-distances/webgpu.js';
export * from './row-norm/webgpu.js';
