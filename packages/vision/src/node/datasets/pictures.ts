import { join, parse } from 'node:path';
import { FileError, listNames } from '@hourglass/core';
import { isFolder, listFolder } from '@hourglass/core/node';
import type { Pair } from './layout.js';

const extensions = new Set('.png .jpg .jpeg .webp .tif .tiff .gif .avif .bmp .jfif'.split(' '));

/** True for the extensions that pictures have, in any case. */
export function isPicture(name: string): boolean {
  return !name.startsWith('.') && extensions.has(parse(name).ext.toLowerCase());
}

/** Pictures of a folder and the folders below it: paths relative to it with '/', sorted. */
export async function listPictures(folder: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listFolder(join(folder, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith('.')) continue;
    if (await isFolder(join(folder, path))) found.push(...(await listPictures(folder, path)));
    else if (isPicture(entry.name)) found.push(path);
  }
  return found.sort();
}

/** A relative path without its extension. */
export function stem(path: string): string {
  const { dir, name } = parse(path);
  return dir === '' ? name : `${dir}/${name}`;
}

/** Masks are often called as their image and a word more. */
function bareStem(path: string): string {
  return stem(path).replace(/[_-](masks?|labels?|seg|gt|annotation|L)$/i, '');
}

/**
 * Pairs images and masks whose names are equal but for the extension and an ending such as `_mask`.
 * @throws FileError listing the images without mask, the masks without image, and names that occur twice
 */
export async function pairByName(images: string, masks: string): Promise<Pair[]> {
  const imagePaths = await listPictures(images);
  const maskPaths = await listPictures(masks);
  for (const [folder, paths] of [[images, imagePaths] as const, [masks, maskPaths] as const]) {
    if (paths.length === 0) throw new FileError(folder, 'holds no pictures (PNG, JPEG, WebP, TIFF, GIF)');
  }
  const imageByName = byKey(images, imagePaths, stem);
  const exact = byKey(masks, maskPaths, stem);
  const bare = byKey(
    masks,
    maskPaths.filter((path) => !imageByName.has(stem(path))),
    bareStem,
  );
  const pairs: Pair[] = [];
  const lonely: string[] = [];
  const used = new Set<string>();
  for (const [name, image] of imageByName) {
    const mask = exact.get(name) ?? bare.get(name);
    if (mask === undefined) lonely.push(image);
    else {
      used.add(mask);
      pairs.push({ name, image: join(images, image), mask: join(masks, mask) });
    }
  }
  if (lonely.length > 0) {
    throw new FileError(
      images,
      `${lonely.length} of ${imagePaths.length} images have no mask of the same name in ${masks}: ${listNames(lonely)}`,
    );
  }
  const orphans = maskPaths.filter((path) => !used.has(path));
  if (orphans.length > 0) {
    throw new FileError(
      masks,
      `${orphans.length} of ${maskPaths.length} masks have no image of the same name in ${images}: ${listNames(orphans)}`,
    );
  }
  return pairs;
}

function byKey(folder: string, paths: readonly string[], key: (path: string) => string): Map<string, string> {
  const result = new Map<string, string>();
  for (const path of paths) {
    const name = key(path);
    const other = result.get(name);
    if (other !== undefined) {
      throw new FileError(folder, `${other} and ${path} have the same name; keep one, or rename it`);
    }
    result.set(name, path);
  }
  return result;
}
