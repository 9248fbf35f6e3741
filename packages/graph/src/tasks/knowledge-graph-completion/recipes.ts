import { ComplEx, DistMult, RelationalAutoencoder } from '../../models/index.js';

export const completionModels = ['distmult', 'complex', 'rgcn'] as const;
export type CompletionModel = (typeof completionModels)[number];

/** How a model is trained unless one says otherwise. */
export interface CompletionRecipe {
  readonly what: string;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly regularization: number;
}

/** Embeddings as Lacroix et al. train them; every step of an encoder goes through the whole graph, hence its large batches. */
export const completionRecipes: Readonly<Record<CompletionModel, CompletionRecipe>> = {
  distmult: { what: 'embeddings', batchSize: 512, learningRate: 0.1, regularization: 0.05 },
  complex: { what: 'complex embeddings', batchSize: 512, learningRate: 0.1, regularization: 0.05 },
  rgcn: { what: 'R-GCN and DistMult', batchSize: 2048, learningRate: 0.05, regularization: 0 },
};

/** What a model is called in a sentence. */
export function nameOf(model: object): string {
  if (model instanceof RelationalAutoencoder) return 'R-GCN encoder with a DistMult decoder';
  return model instanceof DistMult ? 'DistMult' : model instanceof ComplEx ? 'ComplEx' : model.constructor.name;
}
