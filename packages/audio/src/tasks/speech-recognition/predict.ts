import { defineCommand, fromArray, loadPretrained } from '@hourglass/core';
import { findInputs, writeAtomically } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { recognizerFamilies, type SpeechRecognizer } from '../../models/recognition/recognizer/index.js';
import { WhisperTranscriber, whisperTranscriberFamilies } from '../../models/recognition/whisper/index.js';
import { listSounds, readSound } from '../../node/index.js';
import { ofFile } from '../of-file.js';
import { transcribe } from '../../training/index.js';
import { beamOption } from './options.js';
import { soundArguments } from '../sound-files.js';

export const predictCommand = defineCommand({
  description: 'write what is said in sound files: a table of files and texts',
  arguments: soundArguments,
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    beam: beamOption,
    out: outOption('the table goes', 'file', 'transcripts.tsv'),
    backend: backendOption,
  },
  async run({ out, beam, ...choice }, args, context) {
    const inputs = await findInputs(args, { plural: 'sound files', suffix: '.txt', list: listSounds });
    const load = (folder: string) =>
      loadPretrained<SpeechRecognizer | WhisperTranscriber>(folder, [
        ...recognizerFamilies,
        ...whisperTranscriberFamilies,
      ]);
    await withModel(choice, context, load, async (model) => {
      const rows: string[] = [];
      for (const { path } of inputs) {
        context.signal.throwIfAborted();
        const waveform = await readSound(path);
        const text = await ofFile(path, async () => {
          if (model instanceof WhisperTranscriber) {
            const config = beam === 1 ? {} : { config: { numBeams: beam } };
            return (await model.transcribe(waveform, { ...config, ...context })).text;
          }
          const [read] = await transcribe(model, fromArray([{ waveform }]), { beamWidth: beam, ...context });
          return read!;
        });
        context.print(`${path}: ${text}`);
        rows.push(`${path}\t${text}\n`);
      }
      await writeAtomically(out, rows.join(''));
      context.print(`${rows.length} transcripts -> ${out}`);
    });
  },
});
