import { InvalidArgumentError } from '@hourglass/core';
import { defineEvaluateCommand } from '@hourglass/core/tasks';
import { NodeClassifier } from '../../models/node-classifier.js';
import { evaluateNodeClassification } from '../../training/index.js';
import { graphOptions, openRequested } from '../shared/data.js';
import { scoreLines } from '../shared/scores-table.js';
import { samplingOf, samplingOptions, withSplit } from './options.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a trained classifier of nodes: accuracy, and F1 of every class',
  options: {
    ...graphOptions,
    split: { kind: 'text', description: 'which nodes', choices: ['train', 'val', 'test', 'all'], default: 'test' },
    ...samplingOptions,
    seed: { kind: 'integer', description: 'of the splits, where the data name none', default: 0 },
  },
  ofRun: ['seed'],
  async open(options) {
    const graph = withSplit(await openRequested(options), options.seed);
    const split = options.split as 'train' | 'val' | 'test' | 'all';
    const mask = split === 'all' ? new Uint8Array(graph.numNodes).fill(1) : graph[`${split}Mask`];
    if (mask === null) throw new InvalidArgumentError(`${options.data} names no nodes of the ${split} split`);
    return { graph, mask };
  },
  load: NodeClassifier.fromPretrained,
  async score(model, { graph, mask }, options, context) {
    const scores = await evaluateNodeClassification(model, graph, mask, samplingOf(options), context);
    const { split } = options;
    return {
      lines: [`${scores.count} nodes of the ${split} split`, ...scoreLines(scores, model.classNames)],
      json: { split, classes: model.classNames, ...scores },
    };
  },
});
