export { maskOf, nodesIn, type MaskLike, type NumberList } from './checks.js';
export { fromGraphology, type FromGraphologyOptions } from './from-graphology.js';
export { GraphBatch, type BatchTensors } from './graph-batch.js';
export { GraphData, type GraphFields, type GraphSummary } from './graph.js';
export type { GraphTensors } from './graph-tensors.js';
export {
  HeteroGraph,
  edgeTypeName,
  type EdgeType,
  type EdgesOfType,
  type HeteroTensors,
  type NodesOfType,
} from './hetero-graph.js';
export type { NodeColumnOptions } from './node-columns.js';
export { denseRows, isSparse, takeRows, type DenseRows, type Rows, type RowsLike, type SparseRows } from './rows.js';
export * from './synthetic/index.js';
export * from './transforms/index.js';
export type { Triples } from './triples.js';
