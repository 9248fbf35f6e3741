import { defineCommand } from '@hourglass/core';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { NodeClassifier } from '../../models/node-classifier.js';
import { likeliest, predictNodes } from '../../training/index.js';
import { writeCsv } from '../shared/csv.js';
import { graphOptions, openRequested } from '../shared/data.js';
import { samplingOf, samplingOptions } from './options.js';

export const predictCommand = defineCommand({
  description: 'predict the class of every node of a graph: writes a table of nodes, classes and their probability',
  options: {
    ...graphOptions,
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the table goes', 'file', 'predictions.csv'),
    ...samplingOptions,
    backend: backendOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, NodeClassifier.fromPretrained, async (model) => {
      const graph = await openRequested(options);
      const predictions = await predictNodes(model, graph, undefined, samplingOf(options), context);
      const { probabilities, classes } = predictions;
      const rows = Array.from(likeliest(predictions), (id, node) => [
        graph.nodeNames?.[node] ?? node,
        model.classNames[id]!,
        probabilities[node * classes + id]!.toFixed(4),
      ]);
      await writeCsv(options.out, ['node', 'class', 'probability'], rows);
      context.print(`${rows.length} nodes -> ${options.out}`);
    });
  },
});
