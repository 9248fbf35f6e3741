export { type AttentionContext } from './context.js';
export * from './encoder.js';
export * from './heads.js';
export * from './hybrid.js';
export { type FastConformerLayerState } from './layer.js';
export * from './subsampling.js';
