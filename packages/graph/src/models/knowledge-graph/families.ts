import { check, loadPretrained, ownFamily, type ModelFamily, type OpenOptions } from '@hourglass/core';
import { fromReference } from '../reference-config.js';
import { ComplEx } from './complex.js';
import { DistMult } from './dist-mult.js';
import { modelType, type KGEModel, type KGEOptions } from './kge-model.js';
import { RotatE } from './rotat-e.js';
import { TransE } from './trans-e.js';

const models = { TransE, DistMult, ComplEx, RotatE } as const;

/** Kinds of checkpoint that {@link loadKnowledgeGraphModel} reads. */
export const knowledgeGraphFamilies: ReadonlyArray<ModelFamily<KGEModel>> = [
  ownFamily(modelType, ({ model, ...config }: KGEOptions & { readonly model: keyof typeof models }) => {
    check(
      Object.hasOwn(models, String(model)),
      () => `config.json: there is no knowledge graph model '${String(model)}'`,
    );
    return new models[model](config);
  }),
  ...Object.entries(models).map(([name, Model]) =>
    fromReference(`torch_geometric.nn.${name}`, (args) => new Model(args as unknown as KGEOptions)),
  ),
];

/** Loads a checkpoint of one of these models, of this library or of PyTorch Geometric. */
export function loadKnowledgeGraphModel(source: string, options?: OpenOptions): Promise<KGEModel> {
  return loadPretrained(source, knowledgeGraphFamilies, options);
}
