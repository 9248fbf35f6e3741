import { join } from 'node:path';
import { defineCommand } from '@hourglass/core';
import { findInputs } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import { SegmentationModel } from '../../models/segmentation.js';
import { listPictures, predictFile } from '../../node/index.js';

export const predictCommand = defineCommand({
  description: 'predict the masks of pictures: writes NAME-mask.png (class ids) and NAME-overlay.png (to look at)',
  arguments: {
    name: 'input',
    description: "pictures, folders of pictures, or globs such as 'photos/*.jpg'",
    required: true,
  },
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    out: outOption('the masks go', 'folder', 'predictions'),
    overlay: { kind: 'flag', description: 'do not write overlays', default: true },
    tile: {
      kind: 'integer',
      placeholder: 'PIXELS',
      description: 'pictures longer than this go through in tiles',
      default: 1024,
      min: 32,
    },
    flip: { kind: 'flag', description: 'also predict the mirrored picture and take the mean' },
    backend: backendOption,
  },
  async run(options, args, context) {
    const pictures = await findInputs(args, { plural: 'pictures', suffix: '-mask.png', list: listPictures });
    await withModel(options, context, SegmentationModel.fromPretrained, async (model) => {
      for (const [i, { path, name }] of pictures.entries()) {
        context.signal.throwIfAborted();
        const mask = join(options.out, `${name}-mask.png`);
        const overlay = join(options.out, `${name}-overlay.png`);
        await predictFile(model, path, {
          mask,
          ...(options.overlay ? { overlay } : {}),
          tile: options.tile,
          flip: options.flip,
          ...context,
        });
        context.print(
          `${String(i + 1).padStart(String(pictures.length).length)}/${pictures.length} ${path} -> ${mask}`,
        );
      }
    });
  },
});
