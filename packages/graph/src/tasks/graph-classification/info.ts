import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, withModel } from '@hourglass/core/tasks';
import { GraphClassifier, graphArchitectures, readouts } from '../../models/graph-classifier.js';

export const infoCommand = defineCommand({
  description: 'say what a classifier of graphs is, or which architectures there are',
  options: {
    model: { kind: 'text', placeholder: 'SOURCE', description: 'a run folder, a saved model, a hub id or a URL' },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run({ model: source, checkpoint, backend }, _args, context) {
    if (source === undefined) {
      context.print(`architectures  ${graphArchitectures.join(', ')}`);
      context.print(`readouts       ${readouts.join(', ')}`);
      return;
    }
    const load = (folder: string): Promise<GraphClassifier> => GraphClassifier.fromPretrained(folder);
    await withModel({ model: source, checkpoint, backend }, context, load, (model) => {
      const { architecture, inChannels, features = 'raw', numLayers = 4, readout = 'sum' } = model.config;
      context.print(`architecture   ${architecture}, ${numLayers} layers, ${readout} over nodes`);
      context.print(`parameters     ${model.parameterCount.toLocaleString('en')}`);
      context.print(`features       ${inChannels}, ${features}`);
      context.print(`classes        ${model.classNames.length}: ${model.classNames.join(', ')}`);
    });
  },
});
