export * from './aggregation/index.js';
export * from './convolution/index.js';
export * from './normalization/index.js';
export { atDestinations, atSources, type ConvOptions, type NodeFeatures } from './message-passing.js';
export { inverseDegree, propagate } from './propagate.js';
export * from './dense/index.js';
export * from './pooling/index.js';
export { DeepGCNLayer, type ConvolutionModule, type DeepGCNLayerOptions } from './deep-gcn-layer.js';
export * from './normalization/index.js';
