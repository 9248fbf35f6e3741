import { check } from '@hourglass/core';
import { batchSizeOption, defineEvaluateCommand } from '@hourglass/core/tasks';
import { SegmentationModel } from '../../models/segmentation.js';
import { evaluateSegmentation } from '../../training/evaluate.js';
import { dataOption, layoutOption, openData } from './options.js';
import { scoreLines } from './scores-table.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a trained segmentation model: IoU and Dice of every class',
  options: {
    data: dataOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    layout: layoutOption,
    classes: {
      kind: 'integer',
      placeholder: 'N',
      description: 'number of classes, when the folder does not say',
      min: 1,
    },
    batchSize: batchSizeOption('pictures'),
  },
  open: (options) => openData(options, options.split),
  load: SegmentationModel.fromPretrained,
  async score(model, dataset, { data, model: source, batchSize }, context) {
    const { split, length, classes, ignoreIndex } = dataset;
    check(
      classes.length === model.config.classes,
      () => `${source} knows ${model.config.classes} classes, ${data} has ${classes.length} (${classes.join(', ')})`,
    );
    const setup = { ...model.setup, ignoreIndex };
    const scores = await evaluateSegmentation(model, dataset, { batchSize, setup, ...context });
    const { confusion: _confusion, ...plain } = scores;
    return {
      lines: [`${length} pictures of the ${split} split`, ...scoreLines(scores, classes)],
      json: { split, pictures: length, classes, ...plain },
    };
  },
});
