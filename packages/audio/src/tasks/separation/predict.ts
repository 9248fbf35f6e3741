import { join } from 'node:path';
import { defineCommand } from '@hourglass/core';
import { findInputs } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { loadSeparator, separateWaveform } from '../../models/separation/index.js';
import { listSounds, readSound, writeSound, writeSpectrogram } from '../../node/index.js';
import { ofFile } from '../of-file.js';
import { chunkOptions, soundArguments } from '../sound-files.js';

export const predictCommand = defineCommand({
  description: 'take sounds apart: writes NAME-1.wav, NAME-2.wav, …, one a source',
  arguments: soundArguments,
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the sources go', 'folder', 'separated'),
    ...chunkOptions,
    pictures: { kind: 'flag', description: 'also draw NAME.png: spectrograms of the sound and, below it, its sources' },
    consistent: { kind: 'flag', description: 'make the sources add up to the mixture' },
    backend: backendOption,
  },
  async run(options, args, context) {
    const sounds = await findInputs(args, { plural: 'sounds', suffix: '-1.wav', list: listSounds });
    await withModel(options, context, loadSeparator, async (model) => {
      for (const [i, { path, name }] of sounds.entries()) {
        context.signal.throwIfAborted();
        const mixture = await readSound(path);
        const sources = await ofFile(path, () =>
          separateWaveform(model, mixture, {
            chunkSeconds: options.chunk,
            overlapSeconds: options.overlap,
            consistent: options.consistent,
            ...context,
          }),
        );
        const names = model.sourceNames ?? sources.map((_, s) => String(s + 1));
        if (options.pictures) await writeSpectrogram(join(options.out, `${name}.png`), [mixture, ...sources]);
        for (const [s, source] of sources.entries())
          await writeSound(join(options.out, `${name}-${names[s]}.wav`), source, { bitDepth: '32f' });
        context.print(
          `${String(i + 1).padStart(String(sounds.length).length)}/${sounds.length} ${path} -> ${join(options.out, `${name}-{${names.join(',')}}.wav`)}`,
        );
      }
    });
  },
});
