export * from './deform-conv2d.js';
export * from './roi-align.js';
