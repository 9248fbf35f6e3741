export { DerivedEdges, type EdgeOrigins } from './derived-edges.js';
export { EdgeIndex, type Disposable } from './edge-index.js';
export { edgesAsSources } from './edges-as-sources.js';
export { gcnNorm, type GcnNormOptions, type WeightedEdges } from './gcn-norm.js';
export { addRemainingSelfLoops, addSelfLoops, removeSelfLoops, replaceSelfLoops } from './self-loops.js';
