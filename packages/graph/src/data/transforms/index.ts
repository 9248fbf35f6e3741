export type { Eigenpairs } from './eigenpairs.js';
export { laplacianEigenpairs, laplacianEncoding, type LaplacianEncodingOptions } from './laplacian-encoding.js';
export { randomWalkEncoding } from './random-walk-encoding.js';
export { negativeSampling, structuredNegativeSampling, type NegativeSamplingOptions } from './negative-sampling.js';
export { normalizeEdges } from './normalize-edges.js';
export { normalizeFeatures } from './normalize-features.js';
export { oneHotDegree } from './one-hot-degree.js';
export {
  gaeLinkSplit,
  randomLinkSplit,
  withEdges,
  type LinkSet,
  type LinkSplit,
  type RandomLinkSplitOptions,
} from './random-link-split.js';
export { randomNodeSplit, type RandomNodeSplitOptions } from './random-node-split.js';
export { othersThan, stratifiedFolds } from './stratified-folds.js';
export { toUndirectedGraph } from './to-undirected-graph.js';
export { withInverseRelations } from './with-inverse-relations.js';
export { withSelfLoops } from './with-self-loops.js';
