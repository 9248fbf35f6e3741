import { defineInfoCommand } from '@hourglass/core/tasks';
import { encoderConvs, GAE } from '../../models/index.js';

export const infoCommand = defineInfoCommand({
  description: 'say what an autoencoder of a graph is, or which there are',
  available: () => ['autoencoders   gae, vgae, arga, argva', `encoders       ${Object.keys(encoderConvs).join(', ')}`],
  load: GAE.fromPretrained,
  describe: (model) => [
    `autoencoder    ${String(model.config?.['kind'])}`,
    `parameters     ${model.parameterCount.toLocaleString('en')}`,
    `embedding      ${model.channels} numbers for each node`,
  ],
});
