export * from './linear-attention.js';
export * from './positions.js';
export * from './relative-shift.js';
export * from './rotary.js';
export { scaledDotProductAttention } from './scaled-dot-product.js';
export type { AttentionOptions } from './weights.js';
export * from './windows.js';
