import { check, dealSplits, FileError, InvalidArgumentError, progressed, splitName, type Watch } from '@hourglass/core';
import type { SegmentationExample } from '../../data/image.js';
import type { SegmentationDataset } from '../../data/segmentation-dataset.js';
import { decodeImage, imageSize } from '../decode-image.js';
import { decodeMask } from '../decode-mask.js';
import { listFolder } from '@hourglass/core/node';
import { findCamvid } from './camvid.js';
import { readClassesFile } from './classes-file.js';
import { findFolders } from './folders.js';
import { discoveredLabels, knownLabels, type ClassRequest, type Labels } from './labels.js';
import type { FoundSplits, Pair } from './layout.js';
import { findVoc } from './voc.js';

export type SegmentationLayout = 'folders' | 'camvid' | 'voc';

export interface OpenOptions extends ClassRequest {
  /** How the folder is laid out; 'auto' (default) looks. */
  readonly layout?: 'auto' | SegmentationLayout;
  /** Which part: 'train' (default), 'val', 'test', or 'all' of them. */
  readonly split?: string;
  /** Number or names of the classes. Default: what classes.json, classes.txt or the layout says, else what the masks hold. */
  readonly classes?: number | readonly string[];
  /** The value of pixels without a class in the masks. Default: what the classes file or the layout says, else 255. */
  readonly ignoreIndex?: number;
  /** Shuffles a folder that has no splits of its own before it is dealt out 8 : 1 : 1. Default 0. */
  readonly seed?: number;
  /** Pictures with more pixels are refused. Default 2²⁸. */
  readonly limitInputPixels?: number;
}

/** A data set on disk. Examples are decoded when asked for. */
export interface FolderDataset extends SegmentationDataset {
  readonly folder: string;
  readonly layout: SegmentationLayout;
  readonly split: string;
  /** All splits that the folder has, in the order train, val, test. */
  readonly splits: readonly string[];
  /** Files by index. */
  readonly files: readonly { readonly image: string; readonly mask: string }[];
  get(index: number): Promise<SegmentationExample>;
  /**
   * Reads every mask and every image's header, so that a bad file shows before hours of training and not after them.
   * @returns the pixels of each class
   * @throws FileError for the first file that cannot be used
   */
  verify(watch?: Watch): Promise<number[]>;
}

const finders: Readonly<Record<SegmentationLayout, (folder: string) => Promise<FoundSplits | null>>> = {
  voc: findVoc,
  camvid: findCamvid,
  folders: findFolders,
};

const looks: Readonly<Record<SegmentationLayout, string>> = {
  voc: 'JPEGImages, SegmentationClass and ImageSets/Segmentation',
  camvid: 'train.txt, val.txt or test.txt with a list of pictures',
  folders: 'images and masks (or labels), with or without train and val',
};

/**
 * Opens a folder of pictures and masks. Names are sorted, so that the same folder gives the same data set everywhere.
 * @throws FileError for a folder that is missing, closed, empty or laid out otherwise, for images without mask and masks
 *   without image; InvalidArgumentError for a class count that contradicts the folder. Sizes and labels are checked when an
 *   example is read, and by `verify`.
 */
export async function openSegmentationDataset(folder: string, options: OpenOptions = {}): Promise<FolderDataset> {
  const { layout: asked = 'auto', seed = 0, limitInputPixels } = options;
  if (asked !== 'auto' && !Object.hasOwn(finders, asked)) {
    throw new InvalidArgumentError(`layout must be auto, ${Object.keys(finders).join(', ')}; got ${String(asked)}`);
  }
  if ((await listFolder(folder)).length === 0) throw new FileError(folder, 'is empty; it should hold images and masks');
  const { layout, found } = await find(folder, asked);
  const splits: ReadonlyMap<string, readonly Pair[]> = found.splits.has('all')
    ? dealSplits(found.splits.get('all')!, seed)
    : found.splits;
  const names = ['train', 'val', 'test'].filter((name) => (splits.get(name)?.length ?? 0) > 0);
  const { split = 'train' } = options;
  const wanted = split === 'all' ? 'all' : (splitName(split) ?? split);
  const pairs = wanted === 'all' ? joined(names, splits) : splits.get(wanted);
  if (pairs === undefined || pairs.length === 0) {
    throw new FileError(folder, `has no split ${split}; it has ${names.join(', ')}`);
  }

  const decode = (pair: Pair, known?: Labels) =>
    decodeMask(pair.mask, {
      ...(limitInputPixels === undefined ? {} : { limitInputPixels }),
      colours: known?.colours ?? [],
    });
  const layoutClasses = found.classes !== undefined && describes(layout, found) ? found.classes : undefined;
  const labels =
    knownLabels(options, await readClassesFile(folder), layoutClasses) ??
    discoveredLabels(await valuesOf([...splits.values()].flat(), decode), options.ignoreIndex);

  const readMask = async (pair: Pair) => labels.toIds(await decode(pair, labels), pair.mask);
  return {
    folder,
    layout,
    split: wanted,
    splits: names,
    classes: labels.classes,
    palette: labels.palette,
    ignoreIndex: labels.ignoreIndex,
    names: pairs.map(({ name }) => name),
    files: pairs,
    length: pairs.length,
    async get(index) {
      const pair = pairs[index];
      check(pair !== undefined, `example ${index} does not exist, the data set has ${pairs.length}`);
      const [image, mask] = await Promise.all([
        decodeImage(pair.image, limitInputPixels === undefined ? {} : { limitInputPixels }),
        readMask(pair),
      ]);
      checkPair(pair, image, mask);
      return { name: pair.name, image, mask };
    },
    async verify(watch = {}) {
      const counts = new Float64Array(Math.max(labels.classes.length, labels.ignoreIndex + 1));
      for (const [i, pair] of pairs.entries()) {
        const [size, mask] = await Promise.all([imageSize(pair.image), readMask(pair)]);
        checkPair(pair, size, mask);
        for (const id of mask.data) counts[id]!++;
        await progressed(watch, i + 1, pairs.length);
      }
      return [...counts.subarray(0, labels.classes.length)];
    },
  };
}

async function find(
  folder: string,
  asked: 'auto' | SegmentationLayout,
): Promise<{ layout: SegmentationLayout; found: FoundSplits }> {
  const candidates = asked === 'auto' ? (Object.keys(finders) as SegmentationLayout[]) : [asked];
  for (const layout of candidates) {
    const found = await finders[layout](folder);
    if (found !== null) return { layout, found };
  }
  throw new FileError(
    folder,
    `is not laid out as a data set: it should have ${candidates.map((name) => looks[name]).join('; or ')}`,
  );
}

/** All splits as one, sorted, with the split before the name where two have a name in common. */
function joined(names: readonly string[], splits: ReadonlyMap<string, readonly Pair[]>): Pair[] {
  const all = names.flatMap((split) => splits.get(split)!.map((pair) => ({ split, pair })));
  const unique = new Set(all.map(({ pair }) => pair.name)).size === all.length;
  const named = all.map(({ split, pair }) => (unique ? pair : { ...pair, name: `${split}/${pair.name}` }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Lists may hold anything; CamVid's four drives are known by their names. */
function describes(layout: SegmentationLayout, found: FoundSplits): boolean {
  if (layout !== 'camvid') return true;
  return [...found.splits.values()].flat().every(({ name }) => /^(0001TP|0006R0|0016E5|Seq05VD)_/.test(name));
}

async function valuesOf(
  pairs: readonly Pair[],
  decode: (pair: Pair) => Promise<{ readonly data: Iterable<number> }>,
): Promise<Set<number>> {
  const values = new Set<number>();
  for (const pair of pairs) for (const value of (await decode(pair)).data) values.add(value);
  return values;
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

function checkPair(pair: Pair, image: Sized, mask: Sized): void {
  if (image.width === mask.width && image.height === mask.height) return;
  throw new FileError(
    pair.mask,
    `is ${mask.width} × ${mask.height} pixels, but its image ${pair.image} is ${image.width} × ${image.height}; a mask must cover the same pixels as its image`,
  );
}
