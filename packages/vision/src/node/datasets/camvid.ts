import { join, posix, sep } from 'node:path';
import { FileError, splitName } from '@hourglass/core';
import { camvidClasses } from '../../data/classes.js';
import { isFile, listFolder, readLines } from '@hourglass/core/node';
import type { FoundSplits, Pair } from './layout.js';
import { stem } from './pictures.js';

/**
 * Lists of pictures, as CamVid is handed round: `train.txt`, `val.txt`, `test.txt`. A line is the name of a picture that
 * lies in `images/<split>`, `images` or `<split>`, with its mask in `labels/<split>`, `labels` or `<split>annot`; or, as in the
 * SegNet tutorial, the path of a picture and the path of its mask. Null where the folder has no such list.
 */
export async function findCamvid(folder: string): Promise<FoundSplits | null> {
  const splits = new Map<string, Pair[]>();
  for (const { name } of await listFolder(folder)) {
    const split = /\.txt$/i.test(name) ? splitName(name.slice(0, -4)) : null;
    if (split !== null) splits.set(split, await readList(folder, join(folder, name), split));
  }
  return splits.size > 0 ? { splits, classes: camvidClasses } : null;
}

async function readList(folder: string, list: string, split: string): Promise<Pair[]> {
  const pairs = new Map<string, Pair>();
  const lines = await readLines(list);
  if (lines.length === 0) throw new FileError(list, 'lists no picture');
  for (const line of lines) {
    const [image, mask, ...more] = fields(line);
    if (image === undefined || more.length > 0) {
      throw new FileError(
        list,
        `the line '${line}' is neither a picture's name nor the paths of a picture and its mask`,
      );
    }
    const imagePath = await locate(folder, list, image, imagePlaces(split), 'image');
    const maskPath =
      mask === undefined
        ? await locate(folder, list, `${stem(image)}.png`, maskPlaces(split), 'mask')
        : await locate(folder, list, mask, [''], 'mask');
    const name = stem(posix.basename(image.replaceAll('\\', '/')));
    if (pairs.has(name)) throw new FileError(list, `lists ${name} twice`);
    pairs.set(name, { name, image: imagePath, mask: maskPath });
  }
  return [...pairs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A line's one or two paths; a single path may have spaces in it. */
function fields(line: string): string[] {
  if (line.includes('\t')) return line.split(/\t+/).map((field) => field.trim());
  const words = line.split(/\s+/);
  if (words.length <= 2 && words.every((word) => /\.\w+$/.test(word))) return words;
  return [line];
}

function imagePlaces(split: string): string[] {
  return [`images/${split}`, 'images', split, ''];
}

function maskPlaces(split: string): string[] {
  return [`labels/${split}`, 'labels', `masks/${split}`, 'masks', `${split}annot`];
}

/** The file that a list means; lists made elsewhere name absolute paths, whose last parts count here. */
async function locate(
  folder: string,
  list: string,
  listed: string,
  places: readonly string[],
  what: string,
): Promise<string> {
  const parts = listed.replaceAll('\\', '/').split('/');
  if (parts.includes('..')) {
    throw new FileError(list, `names ${listed}, which leads out of the folder; keep all pictures inside ${folder}`);
  }
  const elsewhere = parts[0] === '' || /^[A-Za-z]:$/.test(parts[0]!);
  const tails = elsewhere
    ? parts.map((_, i) => parts.slice(i + 1).join('/')).filter((tail) => tail !== '')
    : [parts.join('/')];
  for (const tail of tails) {
    for (const place of places) {
      const path = join(folder, place, tail);
      if (await isFile(path)) return path;
      const other = await otherCase(path);
      if (other !== null) return other;
    }
  }
  const looked = places.map((place) => join(folder, place)).join(', ');
  throw new FileError(list, `names the ${what} ${listed}, which is not there (looked in ${looked})`);
}

/** The same path with its extension in the other case. */
async function otherCase(path: string): Promise<string | null> {
  const at = path.lastIndexOf('.');
  if (at < path.lastIndexOf(sep)) return null;
  for (const extension of [path.slice(at).toLowerCase(), path.slice(at).toUpperCase()]) {
    const other = path.slice(0, at) + extension;
    if (other !== path && (await isFile(other))) return other;
  }
  return null;
}
