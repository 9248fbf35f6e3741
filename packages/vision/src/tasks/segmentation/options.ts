import { InvalidArgumentError, type OptionSpec } from '@hourglass/core';
import { openSegmentationDataset, type FolderDataset } from '../../node/index.js';
import type { Size } from '../../data/image.js';

/** Options that several verbs of the task share. */
export const dataOption = {
  kind: 'text',
  placeholder: 'FOLDER',
  description: 'pictures and masks: images/ + masks/, CamVid lists, or Pascal VOC',
  required: true,
} as const satisfies OptionSpec;

export const layoutOption = {
  kind: 'text',
  description: 'how the folder is laid out',
  choices: ['auto', 'folders', 'camvid', 'voc'],
  default: 'auto',
} as const satisfies OptionSpec;

/** `320x240` as a size. @throws InvalidArgumentError */
export function parseSize(text: string | undefined): Size | undefined {
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d{1,5})[x×](\d{1,5})$/.exec(text.trim()) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (!(size.width > 0 && size.height > 0))
    throw new InvalidArgumentError(`--size takes WIDTHxHEIGHT such as 320x240, not '${text}'`);
  return size;
}

export interface DataRequest {
  readonly data: string;
  readonly layout: string;
  readonly classes?: number | undefined;
}

/** Opens one split of the data, with what the user said of it. */
export function openData({ data, layout, classes }: DataRequest, split: string): Promise<FolderDataset> {
  return openSegmentationDataset(data, {
    layout: layout as 'auto',
    split,
    ...(classes === undefined ? {} : { classes }),
  });
}
