import { defineCommand, InvalidArgumentError } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { backendOption, checkpointOption, jsonOption, modelOption, withModel } from '@hourglass/core/tasks';
import { NodeClassifier } from '../../models/node-classifier.js';
import { evaluateNodeClassification } from '../../training/index.js';
import { graphOptions, openRequested } from '../shared/data.js';
import { scoreLines } from '../shared/scores-table.js';
import { samplingOf, samplingOptions, withSplit } from './options.js';

export const evaluateCommand = defineCommand({
  description: 'score a trained classifier of nodes: accuracy, and F1 of every class',
  options: {
    ...graphOptions,
    model: modelOption,
    split: { kind: 'text', description: 'which nodes', choices: ['train', 'val', 'test', 'all'], default: 'test' },
    checkpoint: checkpointOption,
    ...samplingOptions,
    seed: { kind: 'integer', description: "the run's, where the data names no splits", default: 0 },
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const graph = withSplit(await openRequested(options), options.seed);
    const split = options.split as 'train' | 'val' | 'test' | 'all';
    const mask = split === 'all' ? new Uint8Array(graph.numNodes).fill(1) : graph[`${split}Mask`];
    if (mask === null) throw new InvalidArgumentError(`${options.data} names no nodes of the ${split} split`);
    await withModel(options, context, NodeClassifier.fromPretrained, async (model) => {
      const scores = await evaluateNodeClassification(model, graph, mask, samplingOf(options));
      context.print(`${scores.count} nodes of the ${split} split`);
      for (const line of scoreLines(scores, model.classNames)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, classes: model.classNames, ...scores });
    });
  },
});
