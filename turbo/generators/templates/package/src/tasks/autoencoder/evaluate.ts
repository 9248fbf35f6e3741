import { check } from '@hourglass/core';
import { defineEvaluateCommand } from '@hourglass/core/tasks';
import { SequenceAutoencoder } from '../../models/autoencoder.js';
import { evaluateAutoencoder } from '../../training/evaluate.js';
import { dataOption, openData, scoreLine } from './options.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a trained model: how much of the variance its reconstructions explain',
  options: {
    data: dataOption,
    split: { kind: 'text', description: 'which sequences', choices: ['train', 'val', 'test', 'all'], default: 'test' },
  },
  async open({ data, split }) {
    const splits = await openData(data);
    const sequences = split === 'all' ? Object.values(splits).flat() : splits[split as keyof typeof splits];
    check(sequences.length > 0, `there are no sequences of the split ${split}; --split all takes every one`);
    return sequences;
  },
  load: SequenceAutoencoder.fromPretrained,
  async score(model, sequences, { split }, context) {
    const scores = await evaluateAutoencoder(model, sequences, context);
    return {
      lines: [`${sequences.length} sequences of the ${split} split`, scoreLine(scores)],
      json: { split, ...scores },
    };
  },
});
