export { GATConv, type Attention, type GATConvOptions } from './gat-conv.js';
export { GCNConv, type GCNConvOptions } from './gcn-conv.js';
export { GINConv, GINEConv, type GINConvOptions, type GINEConvOptions } from './gin-conv.js';
export type { LoopFill } from './loop-attributes.js';
export { SAGEConv, type SAGEConvOptions } from './sage-conv.js';
