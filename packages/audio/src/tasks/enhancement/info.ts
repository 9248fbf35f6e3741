import { defineInfoCommand } from '@hourglass/core/tasks';
import { enhancementSizes, FRCRN } from '../../models/enhancement/index.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a network is, or which sizes there are',
  available: () => [`architectures  frcrn`, `sizes          ${enhancementSizes.join(', ')}`],
  load: FRCRN.fromPretrained,
  describe: (model) => [
    `parameters     ${model.parameterCount.toLocaleString('en')}`,
    `sound          mono, or each channel for itself; ${model.sampleRate} Hz`,
  ],
});
