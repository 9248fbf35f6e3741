import { defineInfoCommand } from '@hourglass/core/tasks';
import { architectures } from '../../models/decoders/index.js';
import { encoderNames } from '../../models/encoders/config.js';
import { SegmentationModel } from '../../models/segmentation.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a segmentation model is, or which architectures there are',
  available: () => [`architectures  ${architectures.join(', ')}`, `encoders       ${encoderNames.join(', ')}`],
  load: SegmentationModel.fromPretrained,
  describe({ config, setup, encoder, parameterCount }) {
    const { size, preprocessing } = setup;
    return [
      `architecture   ${config.architecture}`,
      `encoder        ${config.encoder.type}, channels ${encoder.outChannels.join(', ')}, output stride ${encoder.outputStride}`,
      `parameters     ${parameterCount.toLocaleString('en')}`,
      `classes        ${config.classes}: ${setup.classes.join(', ')}`,
      `picture size   ${size === null ? 'any' : `${size.width} x ${size.height}`}`,
      `normalisation  mean ${preprocessing.mean.join(', ')}; deviation ${preprocessing.std.join(', ')}`,
    ];
  },
});
