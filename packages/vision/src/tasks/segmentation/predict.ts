import { statSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { glob } from 'tinyglobby';
import { defineCommand, FileError, InvalidArgumentError } from '@hourglass/core';
import { listPictures, predictFile } from '../../node/index.js';
import { loadModel } from './load.js';
import { backendOption, checkpointOption, modelOption, startBackend, throwIfStopped } from './options.js';

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
    out: { kind: 'text', placeholder: 'FOLDER', description: 'where the masks go', default: 'predictions' },
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
    const pictures = await findPictures(args);
    await startBackend(options.backend, context);
    const model = await loadModel(options.model, options.checkpoint as 'best');
    try {
      for (const [i, { path, name }] of pictures.entries()) {
        throwIfStopped(context.signal);
        const mask = join(options.out, `${name}-mask.png`);
        const overlay = join(options.out, `${name}-overlay.png`);
        await predictFile(model, path, {
          mask,
          ...(options.overlay ? { overlay } : {}),
          tile: options.tile,
          flip: options.flip,
          signal: context.signal,
        });
        context.print(
          `${String(i + 1).padStart(String(pictures.length).length)}/${pictures.length} ${path} -> ${mask}`,
        );
      }
    } finally {
      model.dispose();
    }
  },
});

interface Picture {
  readonly path: string;
  /** Where its results go, below the output folder: no two pictures share one. */
  readonly name: string;
}

async function findPictures(inputs: readonly string[]): Promise<Picture[]> {
  const found = new Map<string, Picture>();
  const add = (path: string, base: string): void => {
    const name = relative(base, path).slice(0, -extname(path).length || undefined);
    const twin = found.get(name);
    if (twin !== undefined && twin.path !== path) {
      throw new InvalidArgumentError(
        `${twin.path} and ${path} would both be written as ${name}-mask.png; predict them into different folders`,
      );
    }
    found.set(name, { path, name });
  };
  for (const input of inputs) {
    const kind = statSync(input, { throwIfNoEntry: false });
    if (kind?.isDirectory()) {
      const inside = await listPictures(input);
      if (inside.length === 0) throw new FileError(input, 'holds no pictures');
      for (const path of inside) add(path.startsWith(input) ? path : join(input, path), input);
    } else if (kind !== undefined) add(input, input.slice(0, -basename(input).length) || '.');
    else {
      const matches = (await glob(input, { absolute: false, onlyFiles: true })).sort();
      if (matches.length === 0)
        throw new FileError(input, 'there is no such file or folder, and as a glob it matches nothing');
      for (const path of matches) add(path, path.slice(0, -basename(path).length) || '.');
    }
  }
  return [...found.values()];
}
