export * from './autoencoders/index.js';
export {
  BasicGNN,
  gnnFamilies,
  loadGNN,
  type BasicGNNConfig,
  type BasicGNNOptions,
  type ConvolutionRequest,
  type GNNFamily,
  type GNNInputs,
} from './basic-gnn.js';
export { DeeperGCN, deeperGCNFamilies, type DeeperGCNConfig, type DeeperGCNOptions } from './deeper-gcn.js';
export { EdgeCNN, edgeCNNFamilies, type EdgeCNNOptions } from './edge-cnn.js';
export { GAT, gatFamilies, type GATOptions } from './gat.js';
export { GCN, gcnFamilies, type GCNOptions } from './gcn.js';
export { GIN, ginFamilies, type GINOptions } from './gin.js';
export { GINGraphClassifier, ginGraphClassifierFamilies, type GINGraphClassifierOptions } from './gin-classifier.js';
export { GraphSAGE, graphSAGEFamilies, type GraphSAGEOptions } from './graph-sage.js';
export { JumpingKnowledge, type JumpingKnowledgeMode } from './jumping-knowledge.js';
export { MLP, type MLPOptions } from './mlp.js';
export { GraphMAE, type GraphMAEConfig, type MaskingOptions } from './graph-mae.js';
export {
  distillationLoss,
  distillationTargets,
  GraphFreeStudent,
  VQGraph,
  type DistillationOptions,
  type DistillationTargets,
  type GraphTokens,
  type KnownLabels,
  type VQGraphOptions,
} from './vq-graph.js';
export { PNA, pnaFamilies, type PNAOptions } from './pna.js';
export * from './autoencoders/index.js';
export { GDN, GraphDeconvolutionLayer, type GDNOptions } from './graph-deconvolution.js';
export { GCRN, type GCRNOptions } from './gcrn.js';
export {
  ChebCascade,
  sobolevSmoothness,
  temporalDifference,
  TimeGNN,
  type SobolevOptions,
  type TimeGNNOptions,
} from './time-gnn.js';
