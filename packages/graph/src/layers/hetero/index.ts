export { HANConv, type HANConvOptions, type SemanticAttention } from './han-conv.js';
export { HeteroConv, type BipartiteConvolution, type HeteroReduction } from './hetero-conv.js';
export { HGTConv, type HGTConvOptions } from './hgt-conv.js';
export type { ByEdgeType, ByNodeType, HeteroMetadata } from './metadata.js';
