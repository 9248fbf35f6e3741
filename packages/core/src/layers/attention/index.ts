export * from './key-value-cache.js';
export * from './multihead-attention.js';
export * from './positions.js';
export * from './projected-attention.js';
export * from './transformer-layers.js';
export * from './seq2seq-layers.js';
