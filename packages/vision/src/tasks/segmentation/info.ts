import { defineCommand } from '@hourglass/core';
import { architectures } from '../../models/decoders/index.js';
import { encoderNames } from '../../models/encoders/config.js';
import { loadModel } from './load.js';
import { backendOption, checkpointOption, startBackend } from './options.js';

export const infoCommand = defineCommand({
  description: 'say what a segmentation model is, or which architectures there are',
  options: {
    model: { kind: 'text', placeholder: 'SOURCE', description: 'a run folder, a saved model, a hub id or a URL' },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run(options, _args, context) {
    if (options.model === undefined) {
      context.print(`architectures  ${architectures.join(', ')}`);
      context.print(`encoders       ${encoderNames.join(', ')}`);
      return;
    }
    await startBackend(options.backend, context);
    const model = await loadModel(options.model, options.checkpoint as 'best');
    try {
      const { architecture, encoder, classes } = model.config;
      const { size, preprocessing } = model.setup;
      context.print(`architecture   ${architecture}`);
      context.print(
        `encoder        ${encoder.type}, channels ${model.encoder.outChannels.join(', ')}, output stride ${model.encoder.outputStride}`,
      );
      context.print(`parameters     ${model.parameterCount.toLocaleString('en')}`);
      context.print(`classes        ${classes}: ${model.setup.classes.join(', ')}`);
      context.print(`picture size   ${size === null ? 'any' : `${size.width} x ${size.height}`}`);
      context.print(`normalisation  mean ${preprocessing.mean.join(', ')}; deviation ${preprocessing.std.join(', ')}`);
    } finally {
      model.dispose();
    }
  },
});
