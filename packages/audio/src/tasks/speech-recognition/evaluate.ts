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
import { SpeechRecognizer } from '../../models/recognition/recognizer/index.js';
import { openTranscribedFolder } from '../../node/index.js';
import { evaluateRecognition } from '../../training/index.js';
import { beamOption, dataOption, splitOption } from './options.js';
import { errorLines, scoreLines, scoresJson } from './report.js';

export const evaluateCommand = defineCommand({
  description: 'read sounds whose transcripts are known: word and character error rates',
  options: {
    data: dataOption,
    model: modelOption,
    split: splitOption,
    beam: beamOption,
    seed: { kind: 'integer', description: 'of the splits, where the data have none', default: 0 },
    checkpoint: checkpointOption,
    batchSize: batchSizeOption('sounds', 16),
    backend: backendOption,
    json: jsonOption,
  },
  async run({ data, split, seed, beam, batchSize, json, ...choice }, _args, context) {
    const folder = await openTranscribedFolder(data, { split, seed });
    await withModel(choice, context, SpeechRecognizer.fromPretrained, async (model) => {
      const scores = await evaluateRecognition(model, folder, { batchSize, beamWidth: beam });
      context.print(`${folder.length} sounds of the ${split} split`);
      const names = folder.sounds.files.map(({ name }) => name);
      for (const line of [...scoreLines(scores), ...errorLines(scores, names)]) context.print(line);
      if (json !== undefined) await writeJson(json, { split, ...scoresJson(scores) });
    });
  },
});
