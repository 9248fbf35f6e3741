import { join } from 'node:path';
import { writeJson } from '@hourglass/core/node';
import { checkpointOf, defineTrainCommand, runOptions, trainingOptions } from '@hourglass/core/tasks';
import type { NoisyDataset } from '../../data/index.js';
import { createEnhancer, enhancementSizes, FRCRN, type EnhancementSize } from '../../models/enhancement/index.js';
import { openSoundFolder } from '../../node/index.js';
import { evaluateEnhancement, trainEnhancement } from '../../training/index.js';
import { noisyOptions, openNoisy } from './options.js';
import { scoreLines } from './scores.js';

interface Data {
  readonly train: NoisyDataset;
  readonly validation: NoisyDataset;
  /** Null for a folder without recordings to test with. */
  readonly test: NoisyDataset | null;
}

const testExamples = 200;

export const trainCommand = defineTrainCommand({
  task: 'enhancement',
  description: 'train a network to take noise out of sound, on clean recordings with noise added',
  options: {
    ...noisyOptions,
    ...runOptions('enhancement'),
    size: {
      kind: 'text',
      description: 'half a million parameters, or as in the paper',
      choices: enhancementSizes,
      default: 'small',
    },
    examples: { kind: 'integer', description: 'examples of an epoch, new ones in each', default: 1000, min: 1 },
    validationExamples: { kind: 'integer', description: 'examples to validate on', default: 100, min: 1 },
    pretrained: {
      kind: 'text',
      placeholder: 'SOURCE',
      description: 'start from a saved model instead of a new one',
      conflicts: ['size'],
    },
    ...trainingOptions({ examples: 'examples', score: 'SI-SDR improvement', epochs: 20 }),
  },
  unit: 'examples',
  async open(settings): Promise<Data> {
    const { seed } = settings;
    const { splits } = await openSoundFolder(settings.data);
    const hasOwn = splits.includes('val');
    return {
      train: await openNoisy(settings, {
        split: 'train',
        length: settings.examples,
        seed,
        fresh: true,
        ...(hasOwn ? {} : { heldOut: false }),
      }),
      validation: await openNoisy(settings, {
        split: hasOwn ? 'val' : 'train',
        length: settings.validationExamples,
        seed,
        ...(hasOwn ? {} : { heldOut: true }),
      }),
      test: splits.includes('test') ? await openNoisy(settings, { split: 'test', length: testExamples, seed }) : null,
    };
  },
  async begin({ train }, settings, context) {
    const { size, pretrained, noise, snrMin, snrMax } = settings;
    context.print(
      `${settings.seconds} s at ${train.sampleRate} Hz, ${noise === undefined ? 'noise of random colour' : `noise of ${noise}`} at ${snrMin} to ${snrMax} dB`,
    );
    const model =
      pretrained === undefined
        ? createEnhancer({ sampleRate: train.sampleRate, size: size as EnhancementSize })
        : await FRCRN.fromPretrained(await checkpointOf(pretrained, 'best'));
    context.print(`${pretrained ?? `FRCRN ${size}`}: ${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train: (model, { train, validation }, shared) => trainEnhancement(model, train, { ...shared, validation }),
  load: FRCRN.fromPretrained,
  async report(model, folder, { test }, settings, context) {
    if (test === null) {
      context.print(`best checkpoint: ${folder}`);
      return;
    }
    const scores = await evaluateEnhancement(model, test, { batchSize: settings.batchSize, ...context });
    context.print(`best checkpoint ${folder}, on ${scores.examples} examples of recordings that training never saw:`);
    for (const line of scoreLines(scores)) context.print(line);
    await writeJson(join(settings.run, 'test-scores.json'), scores);
  },
});
