import { defineEvaluateCommand, outOption } from '@hourglass/core/tasks';
import { loadCodec } from '../../models/codecs/index.js';
import { openSoundFolder } from '../../node/index.js';
import { evaluateCodec } from '../../training/index.js';
import { writeExamples } from './examples.js';
import { codebookCounts, dataOption, scoreLines } from './options.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'score a codec at several bit rates: SI-SDR and distance of mel spectrograms',
  options: {
    data: dataOption,
    split: { kind: 'text', description: 'train, val, test or all', default: 'test' },
    codebooks: { kind: 'list', placeholder: 'N,N', description: 'numbers of codebooks (default: 1, 2, 4, … and all)' },
    examples: {
      kind: 'integer',
      description: 'recordings that are also written as WAV files and pictures',
      default: 0,
      min: 0,
    },
    out: { ...outOption('these go', 'folder', 'codec-examples'), goesWith: { examples: true } },
    seed: { kind: 'integer', description: 'of the splits, where the data name none', default: 0 },
  },
  ofRun: ['seed'],
  open: ({ data, split, seed }) => openSoundFolder(data, { split, seed }),
  load: loadCodec,
  async score(model, sounds, { split, codebooks, examples, out }, context) {
    const scores = await evaluateCodec(model, sounds, codebookCounts(model, codebooks), context);
    const lines = [`${sounds.length} recordings of the ${split} split`, ...scoreLines(scores)];
    if (examples > 0) {
      const written = await writeExamples(model, sounds, out, examples, context);
      lines.push(`${written.length} sounds and pictures in ${out}`);
    }
    return { lines, json: { split, scores } };
  },
});
