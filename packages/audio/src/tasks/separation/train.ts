import { join } from 'node:path';
import type { OptionValues, TaskContext } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { checkpointOf, defineTrainCommand, runOptions, trainingOptions } from '@hourglass/core/tasks';
import type { MixtureDataset } from '../../data/mixtures.js';
import {
  createSeparator,
  loadSeparator,
  separationArchitectures,
  separationSizes,
  type SeparationArchitecture,
  type SeparationModel,
  type SeparationSize,
} from '../../models/separation/index.js';
import { openSoundFolder } from '../../node/index.js';
import { evaluateSeparation, trainSeparation } from '../../training/index.js';
import { mixtureOptions, openMixtures } from './options.js';
import { scoreLines } from './scores.js';

const options = {
  ...mixtureOptions,
  ...runOptions('separation'),
  architecture: { kind: 'text', description: 'network', choices: separationArchitectures, default: 'conv-tasnet' },
  size: {
    kind: 'text',
    description: 'about a million parameters, or as in the paper',
    choices: separationSizes,
    default: 'small',
  },
  sources: { kind: 'integer', description: 'voices in a mixture', default: 2, min: 2, max: 8 },
  mixtures: { kind: 'integer', description: 'mixtures of an epoch, new ones in each', default: 2000, min: 1 },
  validationMixtures: { kind: 'integer', description: 'mixtures to validate on', default: 100, min: 1 },
  testMixtures: { kind: 'integer', description: 'mixtures to score the best checkpoint on', default: 300, min: 1 },
  ratio: {
    kind: 'text',
    description: 'what is maximised: snr teaches how loud voices are too',
    choices: ['snr', 'sisdr', 'sdsdr'],
    default: 'snr',
  },
  pretrained: {
    kind: 'text',
    placeholder: 'SOURCE',
    description: 'start from a saved model instead of a new one',
    conflicts: ['architecture', 'size'],
  },
  ...trainingOptions({ examples: 'mixtures', score: 'SI-SDR improvement', epochs: 20, weightDecay: 0 }),
} as const;

interface Data {
  readonly train: MixtureDataset;
  readonly validation: MixtureDataset;
  /** Null for a folder without recordings to test with. */
  readonly test: MixtureDataset | null;
}

export const trainCommand = defineTrainCommand({
  task: 'separation',
  description: 'train a network to take voices apart, on mixtures of recordings of one voice each',
  options,
  unit: 'mixtures',
  async open(settings): Promise<Data> {
    const { sources, seed } = settings;
    const { splits } = await openSoundFolder(settings.data);
    const hasOwn = splits.includes('val');
    const part = { sources, seed };
    return {
      train: await openMixtures(settings, {
        ...part,
        split: 'train',
        mixtures: settings.mixtures,
        fresh: true,
        ...(hasOwn ? {} : { heldOut: false }),
      }),
      validation: await openMixtures(settings, {
        ...part,
        split: hasOwn ? 'val' : 'train',
        mixtures: settings.validationMixtures,
        ...(hasOwn ? {} : { heldOut: true }),
      }),
      test: splits.includes('test')
        ? await openMixtures(settings, { ...part, split: 'test', mixtures: settings.testMixtures })
        : null,
    };
  },
  async begin({ train }, settings, context) {
    context.print(
      `mixtures of ${settings.sources} of ${train.names.length} voices (${train.names.slice(0, 8).join(', ')}${train.names.length > 8 ? ', …' : ''}), ${settings.seconds} s each at ${train.sampleRate} Hz`,
    );
    const model =
      settings.pretrained === undefined
        ? createSeparator({
            architecture: settings.architecture as SeparationArchitecture,
            size: settings.size as SeparationSize,
            sources: settings.sources,
            sampleRate: train.sampleRate,
          })
        : await loadSeparator(await checkpointOf(settings.pretrained, 'best'));
    context.print(
      `${settings.pretrained ?? settings.architecture}: ${model.parameterCount.toLocaleString('en')} parameters`,
    );
    return model;
  },
  train: (model, { train, validation }, shared, { ratio }) =>
    trainSeparation(model, train, { ...shared, validation, ratio: ratio as 'snr' }),
  load: loadSeparator,
  report,
});

/** Scores the best checkpoint on mixtures of recordings that training never saw. */
async function report(
  model: SeparationModel,
  folder: string,
  { test }: Data,
  settings: OptionValues<typeof options>,
  context: TaskContext,
): Promise<void> {
  if (test === null) {
    context.print(`best checkpoint: ${folder}`);
    return;
  }
  const scores = await evaluateSeparation(model, test, { batchSize: settings.batchSize, ...context });
  context.print(`best checkpoint ${folder}, on ${scores.mixtures} mixtures of recordings that training never saw:`);
  for (const line of scoreLines(scores)) context.print(line);
  await writeJson(join(settings.run, 'test-scores.json'), scores);
}
