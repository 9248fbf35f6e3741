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
