import { join } from 'node:path';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, runOptions, trainingOptions } from '@hourglass/core/tasks';
import { checkChannels } from '../../data/sequence.js';
import { createAutoencoder, SequenceAutoencoder } from '../../models/autoencoder.js';
import { bottleneckNames, type BottleneckName } from '../../models/bottlenecks.js';
import { evaluateAutoencoder } from '../../training/evaluate.js';
import { trainAutoencoder } from '../../training/train.js';
import { dataOption, openData, scoreLine } from './options.js';

const options = {
  data: dataOption,
  ...runOptions('__name__-autoencoder'),
  width: { kind: 'integer', description: 'channels inside the network', default: 16, min: 1 },
  levels: { kind: 'integer', description: 'how often the length is halved', default: 2, min: 1, max: 16 },
  latent: { kind: 'integer', description: 'numbers that are left of each shortened step', default: 4, min: 1 },
  bottleneck: {
    kind: 'text',
    description: 'what stands between encoder and decoder',
    choices: bottleneckNames,
    default: 'identity',
  },
  window: { kind: 'integer', placeholder: 'STEPS', description: 'steps that are looked at together', min: 1 },
  ...trainingOptions({ examples: 'sequences', score: 'explained variance', batchSize: 16, learningRate: 0.005 }),
} as const;

export const trainCommand = defineTrainCommand({
  task: '__name__-autoencoder',
  description: 'train a model that reconstructs sequences from few numbers',
  options,
  unit: 'sequences',
  open: (settings) => openData(settings.data),
  async begin({ train, val }, settings, context) {
    const channels = checkChannels(train);
    context.print(`${train.length} sequences to train on, ${val.length} to validate on; ${channels} channels`);
    const { width, levels, latent } = settings;
    const bottleneck = settings.bottleneck as BottleneckName;
    const model = createAutoencoder({ channels, width, levels, latent, bottleneck });
    context.print(`${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train: (model, { train, val }, shared, { window }) =>
    trainAutoencoder(model, train, { ...shared, window, ...(val.length > 0 && { validation: val }) }),
  load: SequenceAutoencoder.fromPretrained,
  async report(model, folder, { train, test }, { run }, context) {
    const sequences = test.length > 0 ? test : train;
    const scores = await evaluateAutoencoder(model, sequences, context);
    context.print(
      `best checkpoint ${folder} on ${sequences.length} sequences ${test.length > 0 ? 'kept for tests' : 'of the training'}`,
    );
    context.print(scoreLine(scores));
    await writeJson(join(run, 'scores.json'), scores);
  },
});
