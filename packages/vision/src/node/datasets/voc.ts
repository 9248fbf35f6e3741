import { join } from 'node:path';
import { FileError, listNames, splitName } from '@hourglass/core';
import { vocClasses } from '../../data/classes.js';
import { isFolder, listFolder, readLines } from '@hourglass/core/node';
import type { FoundSplits, Pair } from './layout.js';
import { listPictures, stem } from './pictures.js';

/**
 * Pascal VOC: `JPEGImages`, `SegmentationClass` with masks in the VOC colour map, `ImageSets/Segmentation/{train,val}.txt`
 * with a name a line. The folder may also be the `VOCdevkit` or what holds it, if that has one year. Null where it does not
 * look so.
 */
export async function findVoc(folder: string): Promise<FoundSplits | null> {
  const root = await vocRoot(folder);
  if (root === null) return null;
  const lists = join(root, 'ImageSets', 'Segmentation');
  const images = await byName(join(root, 'JPEGImages'));
  const masks = await byName(join(root, 'SegmentationClass'));
  const splits = new Map<string, Pair[]>();
  for (const entry of await listFolder(lists)) {
    const split = /\.txt$/i.test(entry.name) ? splitName(entry.name.slice(0, -4)) : null;
    if (split === null) continue;
    const list = join(lists, entry.name);
    const names = [...new Set(await readLines(list))].sort();
    if (names.length === 0) throw new FileError(list, 'lists no picture');
    for (const [what, known, where] of [
      ['image', images, 'JPEGImages'],
      ['mask', masks, 'SegmentationClass'],
    ] as const) {
      const missing = names.filter((name) => !known.has(name));
      // the public test list has no masks
      if (what === 'mask' && split === 'test' && missing.length === names.length) names.length = 0;
      else if (missing.length > 0) {
        throw new FileError(
          list,
          `${missing.length} of ${names.length} names have no ${what} in ${where}: ${listNames(missing)}`,
        );
      }
    }
    if (names.length > 0) {
      splits.set(
        split,
        names.map((name) => ({ name, image: images.get(name)!, mask: masks.get(name)! })),
      );
    }
  }
  if (splits.size === 0) throw new FileError(lists, 'has no list of pictures; train.txt and val.txt are expected');
  return { splits, classes: vocClasses };
}

async function vocRoot(folder: string, depth = 0): Promise<string | null> {
  if (await isFolder(join(folder, 'SegmentationClass'))) {
    for (const part of ['JPEGImages', join('ImageSets', 'Segmentation')]) {
      if (!(await isFolder(join(folder, part))))
        throw new FileError(folder, `has SegmentationClass, but no folder ${part}`);
    }
    return folder;
  }
  if (depth === 2) return null;
  const inside = (await listFolder(folder)).filter(({ name }) => /^(VOCdevkit|VOC\d{4})$/i.test(name));
  if (inside.length > 1) {
    throw new FileError(folder, `holds several data sets; name one of ${inside.map(({ name }) => name).join(', ')}`);
  }
  return inside.length === 1 ? vocRoot(join(folder, inside[0]!.name), depth + 1) : null;
}

async function byName(folder: string): Promise<Map<string, string>> {
  return new Map((await listPictures(folder)).map((path) => [stem(path), join(folder, path)]));
}
