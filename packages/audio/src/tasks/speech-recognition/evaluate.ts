import { batchSizeOption, defineEvaluateCommand } from '@hourglass/core/tasks';
import { SpeechRecognizer } from '../../models/recognition/recognizer/index.js';
import { openTranscribedFolder } from '../../node/index.js';
import { evaluateRecognition } from '../../training/index.js';
import { beamOption, dataOption, splitOption } from './options.js';
import { errorLines, scoreLines, scoresJson } from './report.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'read sounds whose transcripts are known: word and character error rates',
  options: {
    data: dataOption,
    split: splitOption,
    beam: beamOption,
    seed: { kind: 'integer', description: 'of the splits, where the data name none', default: 0 },
    batchSize: batchSizeOption('sounds', 16),
  },
  ofRun: ['seed'],
  open: ({ data, split, seed }) => openTranscribedFolder(data, { split, seed }),
  load: SpeechRecognizer.fromPretrained,
  async score(model, folder, { split, beam, batchSize }, context) {
    const scores = await evaluateRecognition(model, folder, { batchSize, beamWidth: beam, ...context });
    const what = `${folder.length} sounds of the ${split} split`;
    const names = folder.sounds.files.map(({ name }) => name);
    return {
      lines: [what, ...scoreLines(scores), ...errorLines(scores, names)],
      json: { split, ...scoresJson(scores) },
    };
  },
});
