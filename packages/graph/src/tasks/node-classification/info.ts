import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, withModel } from '@hourglass/core/tasks';
import { NodeClassifier, nodeArchitectures } from '../../models/node-classifier.js';
import { nodeRecipes } from '../../training/index.js';

export const infoCommand = defineCommand({
  description: 'say what a classifier of nodes is, or which architectures there are',
  options: {
    model: { kind: 'text', placeholder: 'SOURCE', description: 'a run folder, a saved model, a hub id or a URL' },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run({ model: source, checkpoint, backend }, _args, context) {
    if (source === undefined) {
      for (const name of nodeArchitectures) {
        const { epochs, learningRate, weightDecay, decayed } = nodeRecipes[name];
        context.print(`${name.padEnd(8)} ${epochs} epochs at ${learningRate}, L2 penalty ${weightDecay} on ${decayed}`);
      }
      return;
    }
    const load = (folder: string): Promise<NodeClassifier> => NodeClassifier.fromPretrained(folder);
    await withModel({ model: source, checkpoint, backend }, context, load, (model) => {
      const { architecture, inChannels, numLayers = 2, numRelations } = model.config;
      context.print(`architecture   ${architecture}, ${numLayers} layers`);
      context.print(`parameters     ${model.parameterCount.toLocaleString('en')}`);
      context.print(
        `features       ${model.features === 'none' ? `none, weights for each of ${inChannels} nodes` : `${inChannels}, ${model.features}`}`,
      );
      if (numRelations !== undefined) context.print(`relations      ${numRelations}, and as many back`);
      context.print(`classes        ${model.classNames.length}: ${model.classNames.join(', ')}`);
    });
  },
});
