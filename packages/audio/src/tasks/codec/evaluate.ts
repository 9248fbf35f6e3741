import { join } from 'node:path';
import { defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { backendOption, checkpointOption, jsonOption, modelOption, withModel } from '@hourglass/core/tasks';
import { loadCodec } from '../../models/codecs/index.js';
import { openSoundFolder } from '../../node/index.js';
import { evaluateCodec } from '../../training/index.js';
import { writeExamples } from './examples.js';
import { codebookCounts, dataOption, scoreLines } from './options.js';

export const evaluateCommand = defineCommand({
  description: 'score a codec at several bit rates: SI-SDR and distance of mel spectrograms',
  options: {
    data: dataOption,
    model: modelOption,
    checkpoint: checkpointOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    codebooks: { kind: 'list', placeholder: 'N,N', description: 'numbers of codebooks (default: 1, 2, 4, … and all)' },
    examples: {
      kind: 'integer',
      description: 'recordings that are also written as WAV files and pictures',
      default: 0,
      min: 0,
    },
    out: { kind: 'text', placeholder: 'FOLDER', description: 'where these go', default: 'codec-examples' },
    seed: { kind: 'integer', description: "the run's, where the data name no splits", default: 0 },
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const { split, seed } = options;
    const sounds = await openSoundFolder(options.data, { split, seed });
    await withModel(options, context, loadCodec, async (model) => {
      model.eval();
      const scores = await evaluateCodec(model, sounds, codebookCounts(model, options.codebooks));
      context.print(`${sounds.length} recordings of the ${split} split`);
      for (const line of scoreLines(scores)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, scores });
      if (options.examples === 0) return;
      const written = await writeExamples(model, sounds, options.out, options.examples);
      context.print(`${written.length} sounds and pictures in ${join(options.out)}`);
    });
  },
});
