export * from './multihead-attention.js';
export * from './positions.js';
export * from './transformer-layers.js';
