import { check, defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { backendOption, checkpointOption, jsonOption, modelOption, withModel } from '@hourglass/core/tasks';
import { SequenceAutoencoder } from '../../models/autoencoder.js';
import { evaluateAutoencoder } from '../../training/evaluate.js';
import { dataOption, openData, scoreLine } from './options.js';

export const evaluateCommand = defineCommand({
  description: 'score a trained model: how much of the variance its reconstructions explain',
  options: {
    data: dataOption,
    model: modelOption,
    split: { kind: 'text', description: 'which sequences', choices: ['train', 'val', 'test', 'all'], default: 'test' },
    checkpoint: checkpointOption,
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const splits = await openData(options.data);
    const wanted = options.split as keyof typeof splits | 'all';
    const sequences = wanted === 'all' ? Object.values(splits).flat() : splits[wanted];
    check(sequences.length > 0, `there are no sequences of the split ${options.split}; --split all takes every one`);
    await withModel(options, context, SequenceAutoencoder.fromPretrained, async (model) => {
      const scores = evaluateAutoencoder(model, sequences, { signal: context.signal });
      context.print(`${sequences.length} sequences of the ${options.split} split`);
      context.print(scoreLine(scores));
      if (options.json !== undefined) await writeJson(options.json, { split: options.split, ...scores });
    });
  },
});
