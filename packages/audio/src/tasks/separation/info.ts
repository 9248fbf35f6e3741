import { defineInfoCommand } from '@hourglass/core/tasks';
import { loadSeparator, separationArchitectures, separationSizes } from '../../models/separation/index.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a separator is, or which architectures there are',
  available: () => [
    `architectures  ${separationArchitectures.join(', ')}`,
    `sizes          ${separationSizes.join(', ')}`,
  ],
  load: loadSeparator,
  describe: (model) => [
    `kind           ${String(model.checkpointConfig()['model_type'])}`,
    `parameters     ${model.parameterCount.toLocaleString('en')}`,
    `sources        ${model.sourceNames?.join(', ') ?? model.numSources}`,
    `sound          ${model.audioChannels === 1 ? 'mono' : `${model.audioChannels} channels`}, ${model.sampleRate === null ? 'of any rate' : `${model.sampleRate} Hz`}`,
  ],
});
