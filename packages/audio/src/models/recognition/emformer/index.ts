export * from './emformer.js';
export type { EmformerLayerState } from './layer.js';
