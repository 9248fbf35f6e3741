export * from './linear-attention.js';
export * from './positions.js';
export * from './rotary.js';
export { scaledDotProductAttention, type AttentionOptions } from './scaled-dot-product.js';
export * from './windows.js';
