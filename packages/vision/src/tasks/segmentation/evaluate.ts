import { defineCommand, InvalidArgumentError } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import {
  backendOption,
  batchSizeOption,
  checkpointOption,
  jsonOption,
  modelOption,
  withModel,
} from '@hourglass/core/tasks';
import { SegmentationModel } from '../../models/segmentation.js';
import { evaluateSegmentation } from '../../training/evaluate.js';
import { dataOption, layoutOption, openData } from './options.js';
import { scoreLines } from './scores-table.js';

export const evaluateCommand = defineCommand({
  description: 'score a trained segmentation model: IoU and Dice of every class',
  options: {
    data: dataOption,
    model: modelOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    layout: layoutOption,
    classes: {
      kind: 'integer',
      placeholder: 'N',
      description: 'number of classes, when the folder does not say',
      min: 1,
    },
    checkpoint: checkpointOption,
    batchSize: batchSizeOption('pictures'),
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const dataset = await openData(options, options.split);
    await withModel(options, context, SegmentationModel.fromPretrained, async (model) => {
      if (dataset.classes.length !== model.config.classes) {
        throw new InvalidArgumentError(
          `${options.model} knows ${model.config.classes} classes, ${options.data} has ${dataset.classes.length} (${dataset.classes.join(', ')})`,
        );
      }
      const scores = await evaluateSegmentation(model, dataset, {
        batchSize: options.batchSize,
        setup: { ...model.setup, ignoreIndex: dataset.ignoreIndex },
        signal: context.signal,
      });
      context.print(`${dataset.length} pictures of the ${dataset.split} split`);
      for (const line of scoreLines(scores, dataset.classes)) context.print(line);
      if (options.json !== undefined) {
        const { confusion: _confusion, ...plain } = scores;
        const { split, length, classes } = dataset;
        await writeJson(options.json, { split, pictures: length, classes, ...plain });
      }
    });
  },
});
