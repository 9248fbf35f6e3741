import { batchSizeOption, defineEvaluateCommand } from '@hourglass/core/tasks';
import { FRCRN } from '../../models/enhancement/index.js';
import { evaluateEnhancement } from '../../training/index.js';
import { noisyOptions, openNoisy } from './options.js';
import { scoreLines } from './scores.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a network on clean recordings with noise added: improvement of SI-SDR, SI-SDR',
  options: {
    ...noisyOptions,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    examples: { kind: 'integer', description: 'how many', default: 200, min: 1 },
    seed: { kind: 'integer', description: 'decides which', default: 0 },
    batchSize: batchSizeOption('examples'),
  },
  open: ({ split, examples: length, seed, ...request }) => openNoisy(request, { split, length, seed }),
  load: FRCRN.fromPretrained,
  async score(model, data, { split, batchSize }, context) {
    const scores = await evaluateEnhancement(model, data, { batchSize, ...context });
    const what = `${scores.examples} examples of the ${split} split`;
    return { lines: [what, ...scoreLines(scores)], json: { split, ...scores } };
  },
});
