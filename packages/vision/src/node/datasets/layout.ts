import type { SegmentationClasses } from '../../data/classes.js';
import type { Colour } from '../../data/palette.js';

/** One example's files. */
export interface Pair {
  /** Unique in the data set: the image's path below its folder, without extension. */
  readonly name: string;
  readonly image: string;
  readonly mask: string;
}

/** What a layout finds in a folder. */
export interface FoundSplits {
  /** Pairs by split name, sorted by name; one entry 'all' where the folder has no splits of its own. */
  readonly splits: ReadonlyMap<string, readonly Pair[]>;
  /** Classes that come with the layout, where the folder has no file of its own about them. */
  readonly classes?: SegmentationClasses;
}

/** One class as a classes file describes it. */
export interface ClassEntry {
  readonly name: string;
  /** The value its pixels have in the masks, where that is not its position. */
  readonly value?: number;
  readonly color?: Colour;
}

/** The canonical name of a split. */
export function splitName(name: string): 'train' | 'val' | 'test' | null {
  const lower = name.toLowerCase();
  if (['train', 'training'].includes(lower)) return 'train';
  if (['val', 'valid', 'validation', 'dev'].includes(lower)) return 'val';
  return ['test', 'testing'].includes(lower) ? 'test' : null;
}

/** 'a.png, b.png, c.png and 4 more' */
export function listNames(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
