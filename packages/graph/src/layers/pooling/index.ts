export { EdgePooling, MergedGraph, type EdgePoolingOptions } from './edge-pooling.js';
export { globalAddPool, globalMaxPool, globalMeanPool } from './global-pool.js';
export { PooledGraph } from './pooled-graph.js';
export { SelectTopK, type Selection, type SelectOptions } from './select-top-k.js';
export { TopKPooling, type PoolingInputs, type TopKPoolingOptions } from './top-k-pooling.js';
export { ASAPooling, type ASAPoolingOptions, type WeightedLayer } from './asa-pooling.js';
export { SAGPooling, type NodeLayer, type SAGPoolingOptions } from './sag-pooling.js';
