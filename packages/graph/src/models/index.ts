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
export { DAGNN, dagnnFamilies, type DAGNNConfig, type DAGNNOptions } from './dagnn.js';
export { GAT, gatFamilies, type GATOptions } from './gat.js';
export { GCN, gcnFamilies, type GCNOptions } from './gcn.js';
export { GCN2, gcn2Families, type GCN2Config, type GCN2Options } from './gcn2.js';
export { GIN, ginFamilies, type GINOptions } from './gin.js';
export { GINGraphClassifier, ginGraphClassifierFamilies, type GINGraphClassifierOptions } from './gin-classifier.js';
export { GraphSAGE, graphSAGEFamilies, type GraphSAGEOptions } from './graph-sage.js';
export { JumpingKnowledge, type JumpingKnowledgeMode } from './jumping-knowledge.js';
export { MLP, type MLPOptions } from './mlp.js';
export { PNA, pnaFamilies, type PNAOptions } from './pna.js';
export { GraphMAE, type GraphMAEConfig, type MaskingOptions } from './graph-mae.js';
export {
  GraphUNet,
  graphUNetFamilies,
  type GraphUNetConfig,
  type GraphUNetInputs,
  type GraphUNetOptions,
} from './graph-unet.js';
export { EGNN, egnnFamilies, type EGNNConfig, type EGNNOptions } from './egnn.js';
export {
  CoGNN,
  cognnFamilies,
  type Actions,
  type CoGNNConfig,
  type CoGNNOptions,
  type CooperativeAggregation,
} from './cognn.js';
export {
  ComplEx,
  DistMult,
  KGEModel,
  knowledgeGraphFamilies,
  loadKnowledgeGraphModel,
  RotatE,
  TransE,
  type KGEConfig,
  type KGEOptions,
} from './knowledge-graph/index.js';
export { LightGCN, lightGCNFamilies, type LightGCNConfig, type LightGCNOptions } from './light-gcn.js';
export {
  distillationLoss,
  distillationTargets,
  GraphFreeStudent,
  VQGraph,
  type DistillationOptions,
  type DistillationTargets,
  type GraphTokens,
  type KnownLabels,
  type GraphFreeStudentConfig,
  type VQGraphConfig,
  type VQGraphOptions,
} from './vq-graph.js';
export {
  RelationalAutoencoder,
  relationalAutoencoderFamilies,
  RelationalScorer,
  RGCN,
  rgcnFamilies,
  type RelationalAutoencoderConfig,
  type RelationalAutoencoderOptions,
  type RGCNConfig,
  type RGCNOptions,
} from './rgcn.js';
export { SchNet, schNetFamilies, type SchNetConfig, type SchNetInputs, type SchNetOptions } from './schnet.js';
export {
  CorrectAndSmooth,
  LabelPropagation,
  labelRows,
  propagateLabels,
  type CorrectAndSmoothOptions,
  type PropagationOptions,
} from './label-propagation.js';
export { GDN, GraphDeconvolutionLayer, type GDNConfig, type GDNOptions } from './graph-deconvolution.js';
export { GCRN, type GCRNConfig, type GCRNOptions } from './gcrn.js';
export {
  ChebCascade,
  sobolevSmoothness,
  temporalDifference,
  TimeGNN,
  type SobolevOptions,
  type TimeGNNConfig,
  type TimeGNNOptions,
} from './time-gnn.js';
export { featureKinds, featureWidth, withFeatures, type FeatureKind } from './features.js';
export {
  GraphClassifier,
  graphArchitectures,
  graphClassifierFamilies,
  readouts,
  type GraphArchitecture,
  type GraphClassifierConfig,
  type Readout,
} from './graph-classifier.js';
export {
  NodeClassifier,
  nodeArchitectures,
  nodeClassifierFamilies,
  nodeFeatureKinds,
  nodeFeatureWidth,
  usualFeatures,
  type NodeArchitecture,
  type NodeClassifierConfig,
  type NodeFeatureKind,
} from './node-classifier.js';
export { ConfiguredModel } from '@hourglass/core';
