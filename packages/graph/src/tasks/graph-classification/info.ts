import { defineInfoCommand } from '@hourglass/core/tasks';
import { GraphClassifier, graphArchitectures, readouts } from '../../models/graph-classifier.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a classifier of graphs is, or which architectures there are',
  available: () => [`architectures  ${graphArchitectures.join(', ')}`, `readouts       ${readouts.join(', ')}`],
  load: GraphClassifier.fromPretrained,
  describe({ config, parameterCount, classNames }) {
    const { architecture, inChannels, features = 'raw', numLayers = 4, readout = 'sum' } = config;
    return [
      `architecture   ${architecture}, ${numLayers} layers, ${readout} over nodes`,
      `parameters     ${parameterCount.toLocaleString('en')}`,
      `features       ${inChannels}, ${features}`,
      `classes        ${classNames.length}: ${classNames.join(', ')}`,
    ];
  },
});
