export { GATConv, type Attention, type GATConvOptions } from './gat-conv.js';
export { GCNConv, type GCNConvOptions } from './gcn-conv.js';
export type { LoopFill } from './loop-attributes.js';
