import { batchSizeOption, defineEvaluateCommand } from '@hourglass/core/tasks';
import { loadSeparator } from '../../models/separation/index.js';
import { openSoundFolder } from '../../node/index.js';
import { evaluateSeparation } from '../../training/index.js';
import { mixtureOptions, openMixtures } from './options.js';
import { scoreLines } from './scores.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a separator on mixtures of recordings: improvement of SI-SDR, SI-SDR, SNR',
  options: {
    ...mixtureOptions,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    mixtures: { kind: 'integer', description: 'how many', default: 300, min: 1 },
    seed: { kind: 'integer', description: 'decides which', default: 0 },
    batchSize: batchSizeOption('mixtures'),
  },
  // how they are mixed, the model decides
  open: ({ data, split }) => openSoundFolder(data, { split }),
  load: loadSeparator,
  async score(model, _folder, options, context) {
    const { split, mixtures, seed, batchSize } = options;
    const sampleRate = options.sampleRate ?? model.sampleRate ?? undefined;
    const data = await openMixtures({ ...options, sampleRate }, { split, mixtures, seed, sources: model.numSources });
    const scores = await evaluateSeparation(model, data, { batchSize, ...context });
    const what = `${scores.mixtures} mixtures of ${data.names.length} voices of the ${split} split`;
    return { lines: [what, ...scoreLines(scores)], json: { split, ...scores } };
  },
});
