export { maskOf, nodesIn, type MaskLike, type NumberList } from './checks.js';
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
export { denseRows, isSparse, takeRows, type DenseRows, type Rows, type RowsLike, type SparseRows } from './rows.js';
export * from './synthetic/index.js';
