import { defineInfoCommand } from '@hourglass/core/tasks';
import { loadTripleModel } from '../../prediction/index.js';
import { completionModels, completionRecipes, nameOf } from './recipes.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a model of a knowledge graph is, or which there are',
  available: () =>
    completionModels.map((name) => {
      const { what, batchSize, learningRate, regularization } = completionRecipes[name];
      return `${name.padEnd(10)} ${what}: batches of ${batchSize} queries at ${learningRate}, N3 penalty ${regularization}`;
    }),
  load: loadTripleModel,
  describe: (model) => [
    `model        ${nameOf(model)}`,
    `parameters   ${model.parameterCount.toLocaleString('en')}`,
    `width        ${model.config.hiddenChannels}`,
    `entities     ${model.numNodes.toLocaleString('en')}`,
    `relations    ${model.numRelations.toLocaleString('en')}, with those that lead back`,
  ],
});
