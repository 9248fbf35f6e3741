import type { Dataset } from '@hourglass/core';
import { colourise, overlay } from '../data/overlay.js';
import type { SegmentationExample } from '../data/image.js';
import type { SegmentationModel } from '../models/segmentation.js';
import { predictLabels } from '../training/predict.js';
import { contactSheet, type SheetCell } from './contact-sheet.js';

export interface ExampleSheetOptions {
  readonly title?: string;
  /** Examples, spread evenly over the data set. Default 6. */
  readonly count?: number;
}

/** A sheet to look at: picture, true mask, predicted mask and overlay of some examples, and the legend. */
export async function writeExampleSheet(
  model: SegmentationModel,
  dataset: Dataset<SegmentationExample>,
  path: string,
  { title, count = 6 }: ExampleSheetOptions = {},
): Promise<void> {
  const { palette, classes } = model.setup;
  const shown = Math.min(count, dataset.length);
  const rows: SheetCell[][] = [];
  for (let i = 0; i < shown; i++) {
    const { image, mask, name } = await dataset.get(Math.floor((i * dataset.length) / shown));
    const [predicted] = predictLabels(model, [image]);
    rows.push([
      { picture: image, caption: name },
      { picture: colourise(mask, palette), caption: 'truth' },
      { picture: colourise(predicted!, palette), caption: 'prediction' },
      { picture: overlay(image, predicted!, palette), caption: 'overlay' },
    ]);
  }
  await contactSheet(
    rows,
    { legend: { classes, palette }, cellWidth: 240, ...(title === undefined ? {} : { title }) },
    path,
  );
}
