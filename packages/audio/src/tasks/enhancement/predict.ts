import { join } from 'node:path';
import { defineCommand } from '@hourglass/core';
import { findInputs } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { enhanceWaveform, FRCRN } from '../../models/enhancement/index.js';
import { listSounds, readSound, writeSound } from '../../node/index.js';
import { ofFile } from '../of-file.js';
import { chunkOptions, soundArguments } from '../sound-files.js';

export const predictCommand = defineCommand({
  description: 'take noise out of sounds: writes NAME.wav of each',
  arguments: soundArguments,
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the sounds go', 'folder', 'enhanced'),
    ...chunkOptions,
    backend: backendOption,
  },
  async run(options, args, context) {
    const sounds = await findInputs(args, { plural: 'sounds', suffix: '.wav', list: listSounds });
    await withModel(options, context, FRCRN.fromPretrained, async (model) => {
      for (const [i, { path, name }] of sounds.entries()) {
        context.signal.throwIfAborted();
        const sound = await readSound(path);
        const clean = await ofFile(path, () =>
          enhanceWaveform(model, sound, {
            chunkSeconds: options.chunk,
            overlapSeconds: options.overlap,
            ...context,
          }),
        );
        const to = join(options.out, `${name}.wav`);
        await writeSound(to, clean, { bitDepth: '32f' });
        context.print(`${String(i + 1).padStart(String(sounds.length).length)}/${sounds.length} ${path} -> ${to}`);
      }
    });
  },
});
