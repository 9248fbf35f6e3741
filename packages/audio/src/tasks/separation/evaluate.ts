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
import { loadSeparator } from '../../models/separation/index.js';
import { evaluateSeparation } from '../../training/index.js';
import { mixtureOptions, openMixtures } from './options.js';
import { scoreLines } from './scores.js';

export const evaluateCommand = defineCommand({
  description: 'score a separator on mixtures of recordings: improvement of SI-SDR, SI-SDR, SNR',
  options: {
    ...mixtureOptions,
    model: modelOption,
    checkpoint: checkpointOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    mixtures: { kind: 'integer', description: 'how many', default: 300, min: 1 },
    seed: { kind: 'integer', description: 'decides which', default: 0 },
    batchSize: batchSizeOption('mixtures'),
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, loadSeparator, async (model) => {
      const { split, mixtures, seed } = options;
      const sampleRate = options.sampleRate ?? model.sampleRate ?? undefined;
      const data = await openMixtures({ ...options, sampleRate }, { split, mixtures, seed, sources: model.numSources });
      const scores = await evaluateSeparation(model, data, { batchSize: options.batchSize, signal: context.signal });
      context.print(`${scores.mixtures} mixtures of ${data.names.length} voices of the ${split} split`);
      for (const line of scoreLines(scores)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, ...scores });
    });
  },
});
