import { distinctPalette, vocPalette, type Palette } from './palette.js';

/** What the ids of a mask mean. */
export interface SegmentationClasses {
  /** Names by id. */
  readonly classes: readonly string[];
  /** Colours by id, to look at. */
  readonly palette: Palette;
  /** The id of pixels without a class: they count neither in the loss nor in a metric. */
  readonly ignoreIndex: number;
}

/** Completes what is known of some classes: colours are made up where there are none, 255 is ignored. */
export function describeClasses(
  classes: readonly string[],
  { palette = distinctPalette(classes.length), ignoreIndex }: { palette?: Palette; ignoreIndex?: number } = {},
): SegmentationClasses {
  return { classes, palette, ignoreIndex: ignoreIndex ?? (classes.length > 255 ? 65535 : 255) };
}

/** The 20 classes of Pascal VOC 2012 and the background; 255, the border round objects, is ignored. */
export const vocClasses: SegmentationClasses = {
  classes: [
    'background',
    'aeroplane',
    'bicycle',
    'bird',
    'boat',
    'bottle',
    'bus',
    'car',
    'cat',
    'chair',
    'cow',
    'dining table',
    'dog',
    'horse',
    'motorbike',
    'person',
    'potted plant',
    'sheep',
    'sofa',
    'train',
    'tv monitor',
  ],
  palette: vocPalette(21),
  ignoreIndex: 255,
};

/** The 11 classes of CamVid as SegNet grouped them (Badrinarayanan et al., 2017); 11, unlabelled, is ignored. */
export const camvidClasses: SegmentationClasses = {
  classes: ['sky', 'building', 'pole', 'road', 'pavement', 'tree', 'sign', 'fence', 'car', 'pedestrian', 'bicyclist'],
  palette: [
    [128, 128, 128],
    [128, 0, 0],
    [192, 192, 128],
    [128, 64, 128],
    [60, 40, 222],
    [128, 128, 0],
    [192, 128, 128],
    [64, 64, 128],
    [64, 0, 128],
    [64, 64, 0],
    [0, 128, 192],
  ],
  ignoreIndex: 11,
};
