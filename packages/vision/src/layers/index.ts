export * from './activation.js';
export * from './aspp.js';
export * from './attention.js';
export * from './conv2d-relu.js';
export * from './initialise.js';
export * from './norm.js';
export * from './separable-conv.js';
