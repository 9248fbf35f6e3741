import { defineCommand } from '@hourglass/core';
import { readBytes } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, withModel } from '@hourglass/core/tasks';
import { readBitstream } from '../../bitstream/index.js';
import { codecFamilies, codecFingerprint, describeBitstream, loadCodec } from '../../models/codecs/index.js';
import { discriminatorNames } from '../../training/index.js';
import { named } from './decode.js';

export const infoCommand = defineCommand({
  description: 'say what a codec or an .hgc stream is, or which codecs there are',
  arguments: { name: 'streams', description: '.hgc files', required: false },
  options: { model: { ...modelOption, required: false }, checkpoint: checkpointOption, backend: backendOption },
  async run({ model: source, ...options }, files, context) {
    for (const path of files) {
      const bytes = await readBytes(path);
      const { header, blocks, ...end } = await named(path, () => readBitstream(bytes, { damaged: 'keep' }));
      context.print(`${path}, ${bytes.length.toLocaleString('en')} bytes in ${blocks.length} blocks`);
      for (const line of describeBitstream(header, end, bytes.length)) context.print(line);
    }
    if (source === undefined) {
      if (files.length > 0) return;
      context.print(`kinds          ${[...new Set(codecFamilies.map(({ modelType }) => modelType))].join(', ')}`);
      context.print(`discriminators ${discriminatorNames.join(', ')}`);
      return;
    }
    await withModel({ model: source, ...options }, context, loadCodec, async (model) => {
      const { codebookSize, numCodebooks, sampleRate, channels, hopLength, frameRate } = model;
      const lines = [
        `kind           ${String(model.checkpointConfig()['model_type'])}, fingerprint ${await codecFingerprint(model)}`,
        `parameters     ${model.parameterCount.toLocaleString('en')}`,
        `sound          ${channels === 1 ? 'mono' : `${channels} channels`}, ${sampleRate} Hz`,
        `frames         ${hopLength} samples, ${frameRate.toFixed(2)} a second`,
        `codebooks      ${numCodebooks} of ${codebookSize}, ${(model.bandwidthOf(1) / 1000).toFixed(2)} to ${(model.bandwidthOf() / 1000).toFixed(2)} kbit/s`,
      ];
      for (const line of lines) context.print(line);
    });
  },
});
