export { Adjacency, type CompressedRows, type EdgeList } from './adjacency.js';
export { segmentGather, segmentMax, segmentMean, segmentSoftmax, segmentSum } from './segment.js';
export { Segments, type Indices } from './segments.js';
export { sddmm, spmm } from './spmm.js';
