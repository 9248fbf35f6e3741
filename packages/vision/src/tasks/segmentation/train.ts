import { join } from 'node:path';
import { InvalidArgumentError, type OptionValues, type TaskContext } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { checkpointOf, defineTrainCommand, runOptions, trainingOptions } from '@hourglass/core/tasks';
import { augmentationPresets, type AugmentationPreset } from '../../data/augmentation/index.js';
import type { Size } from '../../data/image.js';
import type { FolderDataset } from '../../node/index.js';
import { architectures, type Architecture } from '../../models/decoders/index.js';
import { encoderNames, type EncoderName } from '../../models/encoders/config.js';
import { createSegmentationModel, SegmentationModel } from '../../models/segmentation.js';
import { evaluateSegmentation } from '../../training/evaluate.js';
import { trainSegmentation } from '../../training/train.js';
import { writeExampleSheet } from '../../node/example-sheet.js';
import { dataOption, layoutOption, openData, parseSize } from './options.js';
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
  ...runOptions('segmentation'),
  architecture: { kind: 'text', description: 'decoder', choices: architectures, default: 'unet' },
  encoder: { kind: 'text', description: 'encoder', choices: encoderNames, default: 'unet-small' },
  pretrained: {
    kind: 'text',
    placeholder: 'SOURCE',
    description: 'start from the weights of a saved model instead of random ones',
    conflicts: ['architecture', 'encoder', 'deepSupervision'],
  },
  size: {
    kind: 'text',
    placeholder: 'WxH',
    description: "size at which pictures go through the network (default: the first picture's)",
  },
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
  augment: { kind: 'text', description: 'augmentation', choices: augmentationPresets, default: 'light' },
  deepSupervision: { kind: 'flag', description: 'train every branch of U-Net++' },
  ...trainingOptions({ examples: 'pictures', score: 'mean IoU' }),
} as const;

type Settings = OptionValues<typeof options>;

interface Data {
  readonly train: FolderDataset;
  readonly validation: FolderDataset | undefined;
  readonly size: Size | undefined;
  /** Pixels of each class of the training set, once it has been looked through. */
  pixelCounts: readonly number[];
}

export const trainCommand = defineTrainCommand({
  task: 'segmentation',
  description: 'train a segmentation model on a folder of pictures and masks',
  options,
  unit: 'images',
  async open(settings): Promise<Data> {
    const train = await openData(settings, 'train');
    const validation = train.splits.includes('val') ? await openData(settings, 'val') : undefined;
    return { train, validation, size: parseSize(settings.size), pixelCounts: [] };
  },
  async begin(data, settings, context) {
    const { train, validation } = data;
    context.print(
      `${train.length} pictures to train on${validation === undefined ? '' : `, ${validation.length} to validate on`}; ${train.classes.length} classes: ${train.classes.join(', ')}`,
    );
    data.pixelCounts = await train.verify(context);
    await validation?.verify(context);
    const model = await makeModel(settings, train);
    context.print(
      `${settings.architecture} on ${settings.encoder}: ${model.parameterCount.toLocaleString('en')} parameters`,
    );
    return model;
  },
  train: (model, { train, validation, size, pixelCounts }, shared, settings) =>
    trainSegmentation(model, train, {
      ...shared,
      loss: settings.loss,
      classWeights: settings.classWeights as 'none' | 'balanced',
      pixelCounts,
      augment: settings.augment as AugmentationPreset,
      ...(size && { size }),
      ...(validation && { validation }),
    }),
  load: SegmentationModel.fromPretrained,
  report,
});

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
  const model = await SegmentationModel.fromPretrained(await checkpointOf(settings.pretrained, 'best'));
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
async function report(
  model: SegmentationModel,
  folder: string,
  { train }: Data,
  settings: Settings,
  context: TaskContext,
): Promise<void> {
  const split = ['test', 'val', 'train'].find((name) => train.splits.includes(name)) ?? 'train';
  const dataset = await openData(settings, split);
  const scores = await evaluateSegmentation(model, dataset, {
    batchSize: settings.batchSize,
    ...context,
  });
  context.print(`best checkpoint ${folder} on the ${dataset.length} pictures of the ${split} split`);
  for (const line of scoreLines(scores, dataset.classes)) context.print(line);
  const { confusion: _confusion, ...plain } = scores;
  await writeJson(join(settings.run, `scores-${split}.json`), { classes: dataset.classes, ...plain });
  const sheet = join(settings.run, 'examples.png');
  await writeExampleSheet(model, dataset, sheet, { title: `${settings.run}: ${split} split` });
  context.print(`examples in ${sheet}`);
}
