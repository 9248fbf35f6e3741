import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, modelOption, withModel } from '@hourglass/core/tasks';
import { SequenceAutoencoder } from '../../models/autoencoder.js';

export const infoCommand = defineCommand({
  description: 'say what a trained model is',
  options: { model: modelOption, checkpoint: checkpointOption, backend: backendOption },
  run: (options, _args, context) =>
    withModel(options, context, SequenceAutoencoder.fromPretrained, (model) => {
      const { channels, latent, bottleneck } = model.config;
      const { stride } = model.encoder;
      context.print(`parameters   ${model.parameterCount.toLocaleString('en')}`);
      context.print(`channels     ${channels}`);
      context.print(`bottleneck   ${bottleneck}`);
      context.print(`codes        ${latent} numbers for ${stride} steps of ${channels} (${channels * stride} numbers)`);
      context.print(
        `trained on   ${model.setup.window === null ? 'nothing yet' : `windows of ${model.setup.window} steps`}`,
      );
    }),
});
