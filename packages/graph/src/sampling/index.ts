export { sampleNegativePairs, type NegativePairsOptions, type PairList } from './negative-pairs.js';
export { ClusterLoader, type ClusterLoaderOptions } from './cluster-loader.js';
export { NeighborLoader, type NeighborLoaderOptions } from './neighbor-loader.js';
export type { SampledSubgraph, SamplerOptions } from './neighbor-sampler.js';
export { cutShare, partitionGraph, type PartitionOptions } from './partition.js';
export { edgesForLayer, type SampledBatch } from './sampled-batch.js';
export { maskEdges, type MaskedEdges } from './mask-edges.js';
