import { join } from 'node:path';
import { defineCommand } from '@hourglass/core';
import { findInputs } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { SequenceAutoencoder } from '../../models/autoencoder.js';
import { readSequence, writeSequence } from '../../node/csv.js';
import { listSequences } from '../../node/dataset.js';
import { reconstruct } from '../../training/evaluate.js';

const suffix = '-reconstruction.csv';

export const predictCommand = defineCommand({
  description: `reconstruct sequences: writes NAME${suffix}`,
  arguments: {
    name: 'input',
    description: "CSV files, folders of them, or globs such as 'walks/*.csv'",
    required: true,
  },
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the results go', 'folder', 'predictions'),
    backend: backendOption,
  },
  async run(options, args, context) {
    const inputs = await findInputs(args, { plural: 'CSV files', suffix, list: listSequences });
    await withModel(options, context, SequenceAutoencoder.fromPretrained, async (model) => {
      for (const { path, name } of inputs) {
        context.signal.throwIfAborted();
        const target = join(options.out, `${name}${suffix}`);
        await writeSequence(reconstruct(model, await readSequence(path)), target);
        context.print(`${path} -> ${target}`);
      }
    });
  },
});
