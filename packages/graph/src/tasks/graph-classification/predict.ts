import { defineCommand } from '@hourglass/core';
import {
  backendOption,
  batchSizeOption,
  checkpointOption,
  modelOption,
  withModel,
  outOption,
} from '@hourglass/core/tasks';
import { GraphClassifier } from '../../models/graph-classifier.js';
import { likeliest, predictGraphs } from '../../training/index.js';
import { writeCsv } from '../shared/csv.js';
import { collectionOptions, openCollection } from './options.js';

export const predictCommand = defineCommand({
  description: 'predict the class of every graph: writes a table of graphs, classes and their probability',
  options: {
    ...collectionOptions,
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the table goes', 'file', 'predictions.csv'),
    batchSize: batchSizeOption('graphs', 32),
    backend: backendOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, GraphClassifier.fromPretrained, async (model) => {
      const { graphs } = await openCollection(options);
      const predictions = await predictGraphs(model, graphs, options.batchSize, context);
      const { probabilities, classes } = predictions;
      const rows = Array.from(likeliest(predictions), (id, g) => [
        g,
        model.classNames[id]!,
        probabilities[g * classes + id]!.toFixed(4),
      ]);
      await writeCsv(options.out, ['graph', 'class', 'probability'], rows);
      context.print(`${rows.length} graphs -> ${options.out}`);
    });
  },
});
