import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '@hourglass/core';
import { segmentationDataset, type SegmentationDataset } from '@hourglass/vision';
import { encodePng } from '@hourglass/vision/node';
import { sceneClasses } from './classes.js';
import { sceneAt, type SceneSize } from './scene.js';

/** `count` scenes in memory, from `first` of the seed's series on. Ranges that do not meet share no scene. */
export function sceneDataset(
  count: number,
  seed: number,
  { first = 0, ...size }: SceneSize & { readonly first?: number } = {},
): SegmentationDataset {
  const examples = Array.from({ length: count }, (_, i) => sceneAt(seed, first + i, size));
  return segmentationDataset(examples, sceneClasses);
}

/** Writes `count` scenes as `images/`, `masks/` and `classes.json`: a folder that `openSegmentationDataset` opens. */
export async function writeDataset(
  folder: string,
  count: number,
  seed: number,
  size: SceneSize & { readonly first?: number } = {},
): Promise<void> {
  check(Number.isInteger(count) && count > 0, `the number of scenes must be a positive integer, got ${count}`);
  await mkdir(folder, { recursive: true });
  const { classes, palette, ignoreIndex } = sceneClasses;
  const entries = classes.map((name, id) => ({ name, color: palette[id] }));
  await writeFile(join(folder, 'classes.json'), `${JSON.stringify({ classes: entries, ignoreIndex }, null, 2)}\n`);
  const { first = 0, ...shape } = size;
  for (let i = 0; i < count; i++) {
    const { name, image, mask } = sceneAt(seed, first + i, shape);
    await Promise.all([
      encodePng(image, join(folder, 'images', `${name}.png`)),
      encodePng(mask, join(folder, 'masks', `${name}.png`)),
    ]);
  }
}
