import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, withModel } from '@hourglass/core/tasks';
import { loadTripleModel } from '../../prediction/index.js';
import { completionModels, completionRecipes, nameOf } from './recipes.js';

export const infoCommand = defineCommand({
  description: 'say what a model of a knowledge graph is, or which there are',
  options: {
    model: { kind: 'text', placeholder: 'SOURCE', description: 'a run folder, a saved model, a hub id or a URL' },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run({ model: source, checkpoint, backend }, _args, context) {
    if (source === undefined) {
      for (const name of completionModels) {
        const { what, batchSize, learningRate, regularization } = completionRecipes[name];
        context.print(
          `${name.padEnd(10)} ${what}: batches of ${batchSize} queries at ${learningRate}, N3 penalty ${regularization}`,
        );
      }
      return;
    }
    await withModel({ model: source, checkpoint, backend }, context, loadTripleModel, (model) => {
      context.print(`model        ${nameOf(model)}`);
      context.print(`parameters   ${model.parameterCount.toLocaleString('en')}`);
      context.print(`width        ${model.config.hiddenChannels}`);
      context.print(`entities     ${model.numNodes.toLocaleString('en')}`);
      context.print(`relations    ${model.numRelations.toLocaleString('en')}, with those that lead back`);
    });
  },
});
