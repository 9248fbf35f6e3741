/** Embeddings of knowledge graphs, with the parameters of PyTorch Geometric's `nn.kge`. */
export { ComplEx } from './complex.js';
export { DistMult } from './dist-mult.js';
export { knowledgeGraphFamilies, loadKnowledgeGraphModel } from './families.js';
export { KGEModel, type KGEConfig, type KGEOptions } from './kge-model.js';
export { RotatE } from './rotat-e.js';
export { TransE } from './trans-e.js';
