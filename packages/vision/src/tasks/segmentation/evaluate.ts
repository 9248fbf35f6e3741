import { defineCommand, InvalidArgumentError } from '@hourglass/core';
import { writeAtomically } from '../../node/files.js';
import { evaluateSegmentation } from '../../training/evaluate.js';
import { loadModel } from './load.js';
import {
  backendOption,
  batchSizeOption,
  checkpointOption,
  dataOption,
  layoutOption,
  modelOption,
  openData,
  startBackend,
} from './options.js';
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
    batchSize: batchSizeOption,
    backend: backendOption,
    json: { kind: 'text', placeholder: 'FILE', description: 'also write the scores to a file' },
  },
  async run(options, _args, context) {
    const dataset = await openData(options, options.split);
    await startBackend(options.backend, context);
    const model = await loadModel(options.model, options.checkpoint as 'best');
    try {
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
        await writeAtomically(
          options.json,
          `${JSON.stringify({ split: dataset.split, pictures: dataset.length, classes: dataset.classes, ...plain }, null, 1)}\n`,
        );
      }
    } finally {
      model.dispose();
    }
  },
});
