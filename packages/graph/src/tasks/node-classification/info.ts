import { defineInfoCommand } from '@hourglass/core/tasks';
import { NodeClassifier, nodeArchitectures } from '../../models/node-classifier.js';
import { nodeRecipes } from '../../training/index.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a classifier of nodes is, or which architectures there are',
  available: () =>
    nodeArchitectures.map((name) => {
      const { epochs, learningRate, weightDecay, decayed } = nodeRecipes[name];
      return `${name.padEnd(8)} ${epochs} epochs at ${learningRate}, L2 penalty ${weightDecay} on ${decayed}`;
    }),
  load: NodeClassifier.fromPretrained,
  describe({ config, features, parameterCount, classNames }) {
    const { architecture, inChannels, numLayers = 2, numRelations } = config;
    return [
      `architecture   ${architecture}, ${numLayers} layers`,
      `parameters     ${parameterCount.toLocaleString('en')}`,
      `features       ${features === 'none' ? `none, weights for each of ${inChannels} nodes` : `${inChannels}, ${features}`}`,
      ...(numRelations === undefined ? [] : [`relations      ${numRelations}, and as many back`]),
      `classes        ${classNames.length}: ${classNames.join(', ')}`,
    ];
  },
});
