import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, modelOption, withModel } from '@hourglass/core/tasks';
import { architectures } from '../../models/decoders/index.js';
import { encoderNames } from '../../models/encoders/config.js';
import { SegmentationModel } from '../../models/segmentation.js';

export const infoCommand = defineCommand({
  description: 'say what a segmentation model is, or which architectures there are',
  options: {
    model: { ...modelOption, required: false },
    checkpoint: checkpointOption,
    backend: backendOption,
  },
  async run(options, _args, context) {
    const { model } = options;
    if (model === undefined) {
      context.print(`architectures  ${architectures.join(', ')}`);
      context.print(`encoders       ${encoderNames.join(', ')}`);
      return;
    }
    await withModel({ ...options, model }, context, SegmentationModel.fromPretrained, (model) => {
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
    });
  },
});
