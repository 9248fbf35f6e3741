export * from './activations/index.js';
export * from './basic/index.js';
export * from './normalization/index.js';
export * from './recurrent/index.js';
