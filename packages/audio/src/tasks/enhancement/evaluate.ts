import { defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import {
  backendOption,
  batchSizeOption,
  checkpointOption,
  jsonOption,
  modelOption,
  withModel,
} from '@hourglass/core/tasks';
import { FRCRN } from '../../models/enhancement/index.js';
import { evaluateEnhancement } from '../../training/index.js';
import { noisyOptions, openNoisy } from './options.js';
import { scoreLines } from './scores.js';

export const evaluateCommand = defineCommand({
  description: 'score a network on clean recordings with noise added: improvement of SI-SDR, SI-SDR',
  options: {
    ...noisyOptions,
    model: modelOption,
    checkpoint: checkpointOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    examples: { kind: 'integer', description: 'how many', default: 200, min: 1 },
    seed: { kind: 'integer', description: 'decides which', default: 0 },
    batchSize: batchSizeOption('examples'),
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, FRCRN.fromPretrained, async (model) => {
      const { split, examples: length, seed, batchSize } = options;
      const data = await openNoisy(options, { split, length, seed });
      const scores = await evaluateEnhancement(model, data, { batchSize, signal: context.signal });
      context.print(`${scores.examples} examples of the ${split} split`);
      for (const line of scoreLines(scores)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, ...scores });
    });
  },
});
