import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, withModel } from '@hourglass/core/tasks';
import { encoderConvs, GAE } from '../../models/index.js';

export const infoCommand = defineCommand({
  description: 'say what an autoencoder of a graph is, or which there are',
  options: {
    model: { kind: 'text', placeholder: 'SOURCE', description: 'a run folder, a saved model, a hub id or a URL' },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run({ model: source, checkpoint, backend }, _args, context) {
    if (source === undefined) {
      context.print('autoencoders   gae, vgae, arga, argva');
      context.print(`encoders       ${Object.keys(encoderConvs).join(', ')}`);
      return;
    }
    const load = (folder: string): Promise<GAE> => GAE.fromPretrained(folder);
    await withModel({ model: source, checkpoint, backend }, context, load, (model) => {
      context.print(`autoencoder    ${String(model.config?.['kind'])}`);
      context.print(`parameters     ${model.parameterCount.toLocaleString('en')}`);
      context.print(`embedding      ${model.channels} numbers for each node`);
    });
  },
});
