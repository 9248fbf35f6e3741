import { join } from 'node:path';
import { FileError, splitName } from '@hourglass/core';
import { isFolder, listFolder } from '@hourglass/core/node';
import type { FoundSplits, Pair } from './layout.js';
import { pairByName } from './pictures.js';

const imageNames = ['images', 'image', 'imgs', 'img'];
const maskNames = ['masks', 'mask', 'labels', 'label', 'annotations', 'annotation'];

/** A folder that has both kinds of folder. */
interface Root {
  readonly images: string;
  readonly masks: string;
}

/**
 * Two folders of pictures paired by name: `images/` and `masks/` (or `labels/` …), with or without splits above them
 * (`train/images`) or below them (`images/train`). Null where the folder does not look so.
 */
export async function findFolders(folder: string): Promise<FoundSplits | null> {
  const root = await rootIn(folder);
  if (root !== null) {
    const below = await splitFolders(root.images);
    if (below.size === 0) return { splits: new Map([['all', await pairByName(root.images, root.masks)]]) };
    const masksBelow = await splitFolders(root.masks);
    const splits = new Map<string, Pair[]>();
    for (const [split, images] of below) {
      const masks = masksBelow.get(split);
      if (masks === undefined) {
        throw new FileError(root.masks, `has no folder for the split ${split}, which ${root.images} has`);
      }
      splits.set(split, await pairByName(images, masks));
    }
    return { splits };
  }
  const splits = new Map<string, Pair[]>();
  for (const [split, path] of await splitFolders(folder)) {
    const root = await rootIn(path);
    if (root !== null) splits.set(split, await pairByName(root.images, root.masks));
  }
  return splits.size > 0 ? { splits } : null;
}

async function rootIn(folder: string): Promise<Root | null> {
  const images = await pick(folder, imageNames);
  const masks = await pick(folder, maskNames);
  if (images === null && masks === null) return null;
  if (images === null) throw new FileError(folder, `has ${masks!}, but no folder ${imageNames[0]}`);
  if (masks === null) throw new FileError(folder, `has ${images}, but no folder masks or labels`);
  return { images: join(folder, images), masks: join(folder, masks) };
}

async function pick(folder: string, names: readonly string[]): Promise<string | null> {
  const entries = await listFolder(folder);
  for (const name of names) {
    const entry = entries.find((entry) => entry.name.toLowerCase() === name);
    if (entry !== undefined && (await isFolder(join(folder, entry.name)))) return entry.name;
  }
  return null;
}

async function splitFolders(folder: string): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const { name } of await listFolder(folder)) {
    const split = splitName(name);
    if (split === null || !(await isFolder(join(folder, name)))) continue;
    if (result.has(split)) throw new FileError(folder, `has two folders for the split ${split}; keep one`);
    result.set(split, join(folder, name));
  }
  return result;
}
