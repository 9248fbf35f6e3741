export * from './convolution.js';
export type { ConvolutionOptions } from './geometry.js';
export * from './transposed.js';
