export type { Attention } from './attention.js';
export { GATConv, type GATConvOptions } from './gat-conv.js';
export { GATv2Conv, type GATv2ConvOptions } from './gatv2-conv.js';
export { GCNConv, type GCNConvOptions } from './gcn-conv.js';
export type { LoopFill } from './loop-attributes.js';
export { TransformerConv, type TransformerConvOptions } from './transformer-conv.js';
