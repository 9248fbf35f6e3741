export { Conv1d, Conv2d, Conv3d, type ConvOptions } from './convolution.js';
export * from './transposed.js';
