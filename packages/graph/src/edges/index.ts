export { DerivedEdges, type EdgeOrigins } from './derived-edges.js';
export { EdgeIndex, type Disposable } from './edge-index.js';
export { edgesAsSources } from './edges-as-sources.js';
export { gcnNorm, type GcnNormOptions, type WeightedEdges } from './gcn-norm.js';
export { keptTensor } from './kept-tensor.js';
export { laplacian, type LaplacianNormalization } from './laplacian.js';
export { reverseEdges } from './reverse-edges.js';
export { addRemainingSelfLoops, addSelfLoops, removeSelfLoops, replaceSelfLoops } from './self-loops.js';
export { coalesce, toUndirected, type MergedEdges } from './coalesce.js';
export { kHopSubgraph, subgraph, type Neighbourhood } from './subgraph.js';
export {
  maxDenseNodes,
  toDenseAdjacency,
  toDenseBatch,
  type DenseBatch,
  type ToDenseAdjacencyOptions,
} from './to-dense.js';
export { TypedEdges, type TypedEnds } from './typed-edges.js';
export { degreeHistogram } from './degree-histogram.js';
export { degree } from './degree.js';
export {
  farthestPoints,
  knnGraph,
  radiusGraph,
  type FarthestOptions,
  type NeighbourOptions,
} from './neighbour-graphs.js';
export { edgeProduct, type EdgeProduct } from './edge-product.js';
export { relationalEdges } from './relational-edges.js';
export { edgePieces } from './edge-pieces.js';
