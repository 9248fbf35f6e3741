export { DenseGATConv, type DenseGATConvOptions } from './dense-gat-conv.js';
export { DenseGCNConv, type DenseConvInputs } from './dense-gcn-conv.js';
export { DenseGINConv, type DenseGINConvOptions } from './dense-gin-conv.js';
export { DenseGraphConv, type DenseGraphConvOptions } from './dense-graph-conv.js';
export { DenseSAGEConv } from './dense-sage-conv.js';
export { denseDiffPool, type DensePoolOptions, type DiffPooled } from './diff-pool.js';
export { DMoNPooling, type DMoNPooled } from './dmon-pooling.js';
export { denseMincutPool, type MincutPooled } from './mincut-pool.js';
