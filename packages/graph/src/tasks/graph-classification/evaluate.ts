import { defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import {
  backendOption,
  batchSizeOption,
  checkpointOption,
  jsonOption,
  modelOption,
  withModel,
} from '@hourglass/core/tasks';
import { GraphClassifier } from '../../models/graph-classifier.js';
import { evaluateGraphClassification } from '../../training/index.js';
import { scoreLines } from '../shared/scores-table.js';
import { collectionOptions, foldOptions, openCollection, splitByFold } from './options.js';

export const evaluateCommand = defineCommand({
  description: 'score a trained classifier of graphs: accuracy, and F1 of every class',
  options: {
    ...collectionOptions,
    ...foldOptions,
    model: modelOption,
    split: { kind: 'text', description: 'which graphs', choices: ['train', 'val', 'test', 'all'], default: 'test' },
    checkpoint: checkpointOption,
    batchSize: batchSizeOption('graphs', 32),
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const collection = await openCollection(options);
    const split = options.split as 'train' | 'val' | 'test' | 'all';
    const graphs = split === 'all' ? collection.graphs : splitByFold(collection, options)[split];
    await withModel(options, context, GraphClassifier.fromPretrained, async (model) => {
      const scores = await evaluateGraphClassification(model, graphs, options.batchSize);
      context.print(`${graphs.length} graphs of the ${split} split`);
      for (const line of scoreLines(scores, model.classNames)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, classes: model.classNames, ...scores });
    });
  },
});
