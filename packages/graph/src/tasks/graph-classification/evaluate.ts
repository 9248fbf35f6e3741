import { batchSizeOption, defineEvaluateCommand } from '@hourglass/core/tasks';
import { GraphClassifier } from '../../models/graph-classifier.js';
import { evaluateGraphClassification } from '../../training/index.js';
import { scoreLines } from '../shared/scores-table.js';
import { collectionOptions, foldOptions, openCollection, splitByFold } from './options.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a trained classifier of graphs: accuracy, and F1 of every class',
  options: {
    ...collectionOptions,
    ...foldOptions,
    split: { kind: 'text', description: 'which graphs', choices: ['train', 'val', 'test', 'all'], default: 'test' },
    batchSize: batchSizeOption('graphs', 32),
  },
  ofRun: ['fold', 'validation', 'seed'],
  async open(options) {
    const collection = await openCollection(options);
    const split = options.split as 'train' | 'val' | 'test' | 'all';
    return split === 'all' ? collection.graphs : splitByFold(collection, options)[split];
  },
  load: GraphClassifier.fromPretrained,
  async score(model, graphs, { split, batchSize }, context) {
    const scores = await evaluateGraphClassification(model, graphs, batchSize, context);
    return {
      lines: [`${graphs.length} graphs of the ${split} split`, ...scoreLines(scores, model.classNames)],
      json: { split, classes: model.classNames, ...scores },
    };
  },
});
