import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConsoleReporter,
  defineCommand,
  FileError,
  findCheckpoint,
  InvalidArgumentError,
  manualSeed,
  type TaskContext,
} from '@hourglass/core';
import { augmentationPresets, type AugmentationPreset } from '../../data/augmentation/index.js';
import type { FolderDataset } from '../../node/index.js';
import { writeAtomically } from '../../node/files.js';
import { architectures, type Architecture } from '../../models/decoders/index.js';
import { encoderNames, type EncoderName } from '../../models/encoders/config.js';
import { createSegmentationModel, SegmentationModel } from '../../models/segmentation.js';
import { evaluateSegmentation } from '../../training/evaluate.js';
import { trainSegmentation } from '../../training/train.js';
import { writeExampleSheet } from '../../node/example-sheet.js';
import { checkpointOf, loadModel } from './load.js';
import {
  backendOption,
  batchSizeOption,
  dataOption,
  layoutOption,
  openData,
  parseSize,
  startBackend,
  throwIfStopped,
} from './options.js';
import { scoreLines } from './scores-table.js';

const options = {
  data: dataOption,
  layout: layoutOption,
  classes: {
    kind: 'integer',
    placeholder: 'N',
    description: 'number of classes, when the folder does not say',
    min: 1,
    max: 65_535,
  },
  run: {
    kind: 'text',
    placeholder: 'FOLDER',
    description: 'where checkpoints, metrics and examples go',
    default: 'runs/segmentation',
  },
  resume: { kind: 'flag', description: 'go on with the run in --run, with its own settings' },
  architecture: { kind: 'text', description: 'decoder', choices: architectures, default: 'unet' },
  encoder: { kind: 'text', description: 'encoder', choices: encoderNames, default: 'unet-small' },
  pretrained: {
    kind: 'text',
    placeholder: 'SOURCE',
    description: 'start from the weights of a saved model instead of random ones',
  },
  size: {
    kind: 'text',
    placeholder: 'WxH',
    description: "size at which pictures go through the network (default: the first picture's)",
  },
  epochs: { kind: 'integer', description: 'passes over the data', default: 30, min: 1 },
  batchSize: batchSizeOption,
  loss: {
    kind: 'text',
    placeholder: 'NAME',
    description: 'ce, dice, jaccard, focal, lovasz, or a sum such as ce+dice',
    default: 'ce',
  },
  classWeights: {
    kind: 'text',
    description: 'weights of rare classes in the cross entropy',
    choices: ['none', 'balanced'],
    default: 'none',
  },
  learningRate: { kind: 'number', description: 'peak learning rate of AdamW', default: 0.001, min: 0 },
  weightDecay: { kind: 'number', description: 'weight decay', default: 0.0001, min: 0 },
  emaDecay: {
    kind: 'number',
    placeholder: 'DECAY',
    description: 'validate and save a moving average of the weights with this decay, for instance 0.998',
    min: 0,
    max: 0.999999,
  },
  augment: { kind: 'text', description: 'augmentation', choices: augmentationPresets, default: 'light' },
  deepSupervision: { kind: 'flag', description: 'train every branch of U-Net++' },
  patience: { kind: 'integer', description: 'stop after so many epochs without a better mean IoU', min: 1 },
  checkpointEvery: { kind: 'integer', placeholder: 'STEPS', description: 'also save every so many steps', min: 1 },
  seed: { kind: 'integer', description: 'decides everything random', default: 0 },
  backend: backendOption,
} as const;

export const trainCommand = defineCommand({
  description: 'train a segmentation model on a folder of pictures and masks',
  options,
  async run(given, _args, context) {
    const settings = given.resume ? { ...given, ...savedSettings(given.run) } : given;
    if (!given.resume && existsSync(join(given.run, 'settings.json'))) {
      throw new FileError(given.run, 'holds a run already: go on with --resume, or choose another folder with --run');
    }
    const train = await openData(settings, 'train');
    const validation = train.splits.includes('val') ? await openData(settings, 'val') : undefined;
    const size = parseSize(settings.size);
    const backend = await startBackend(settings.backend, context);
    context.print(
      `${train.length} pictures to train on${validation === undefined ? '' : `, ${validation.length} to validate on`}; ${train.classes.length} classes: ${train.classes.join(', ')}`,
    );
    const pixelCounts = await train.verify({ signal: context.signal });
    await validation?.verify({ signal: context.signal });
    manualSeed(settings.seed);
    const model = await makeModel(settings, train);
    try {
      context.print(
        `${settings.architecture} on ${settings.encoder}: ${model.parameterCount.toLocaleString('en')} parameters`,
      );
      const isNew = !existsSync(given.run);
      if (!given.resume) await saveSettings(given.run, { ...settings, backend });
      const training = trainSegmentation(model, train, {
        epochs: settings.epochs,
        batchSize: settings.batchSize,
        loss: settings.loss,
        classWeights: settings.classWeights as 'none' | 'balanced',
        pixelCounts,
        learningRate: settings.learningRate,
        weightDecay: settings.weightDecay,
        augment: settings.augment as AugmentationPreset,
        seed: settings.seed,
        run: settings.run,
        resume: given.resume,
        ...(size && { size }),
        ...(validation && { validation }),
        ...(settings.patience === undefined ? {} : { patience: settings.patience }),
        ...(settings.emaDecay === undefined ? {} : { emaDecay: settings.emaDecay }),
        fit: {
          signal: context.signal,
          reporter: new ConsoleReporter({ unit: 'images' }),
          ...(settings.checkpointEvery === undefined ? {} : { checkpoint: { everySteps: settings.checkpointEvery } }),
        },
      });
      const result = await training.catch(async (error: unknown) => {
        await forgetFruitlessRun(given.run, isNew);
        throw error;
      });
      if (result.stopped === 'aborted') {
        context.print(
          `stopped at step ${result.step}; go on with: hourglass train segmentation --data ${settings.data} --run ${settings.run} --resume`,
        );
        return;
      }
    } finally {
      model.dispose();
    }
    await report(settings, train, context);
  },
});

type Settings = Parameters<typeof makeModel>[0] & {
  readonly run: string;
  readonly data: string;
  readonly layout: string;
  readonly batchSize: number;
};

async function makeModel(
  settings: {
    readonly architecture: string;
    readonly encoder: string;
    readonly deepSupervision: boolean;
    readonly pretrained?: string | undefined;
  },
  { classes }: FolderDataset,
): Promise<SegmentationModel> {
  if (settings.pretrained === undefined) {
    return createSegmentationModel({
      architecture: settings.architecture as Architecture,
      encoder: settings.encoder as EncoderName,
      classes: classes.length,
      deepSupervision: settings.deepSupervision,
    });
  }
  const model = await loadModel(settings.pretrained, 'best');
  if (model.config.classes !== classes.length) {
    const known = model.config.classes;
    model.dispose();
    throw new InvalidArgumentError(
      `--pretrained ${settings.pretrained} knows ${known} classes, the data has ${classes.length}`,
    );
  }
  return model;
}

/** Scores the best checkpoint on data that training never saw, and draws what it predicts there. */
async function report(settings: Settings, train: FolderDataset, context: TaskContext): Promise<void> {
  const split = ['test', 'val', 'train'].find((name) => train.splits.includes(name)) ?? 'train';
  const dataset = await openData(settings, split);
  const folder = await checkpointOf(settings.run, 'best');
  const model = await SegmentationModel.fromPretrained(folder);
  try {
    throwIfStopped(context.signal);
    const scores = await evaluateSegmentation(model, dataset, {
      batchSize: settings.batchSize,
      signal: context.signal,
    });
    context.print(`best checkpoint ${folder} on the ${dataset.length} pictures of the ${split} split`);
    for (const line of scoreLines(scores, dataset.classes)) context.print(line);
    const { confusion: _confusion, ...plain } = scores;
    await writeAtomically(
      join(settings.run, `scores-${split}.json`),
      `${JSON.stringify({ classes: dataset.classes, ...plain }, null, 1)}\n`,
    );
    const sheet = join(settings.run, 'examples.png');
    await writeExampleSheet(model, dataset, sheet, { title: `${settings.run}: ${split} split` });
    context.print(`examples in ${sheet}`);
  } finally {
    model.dispose();
  }
}

/** Settings that decide the result and may not change between the parts of one run. */
function savedSettings(run: string): Record<string, unknown> {
  const path = join(run, 'settings.json');
  if (!existsSync(path))
    throw new FileError(run, 'holds no run to resume: it has no settings.json; leave out --resume to begin one');
  try {
    return { ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>), run, resume: true };
  } catch (cause) {
    throw new FileError(path, 'is damaged: not valid JSON', { cause });
  }
}

/** A run that failed before its first checkpoint leaves nothing, so that the corrected command can use the same folder. */
async function forgetFruitlessRun(run: string, isNew: boolean): Promise<void> {
  if ((await findCheckpoint(run, 'latest')) !== null) return;
  await rm(isNew ? run : join(run, 'settings.json'), { recursive: true, force: true });
}

async function saveSettings(run: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await writeAtomically(join(run, 'settings.json'), `${JSON.stringify(settings, null, 1)}\n`);
}
