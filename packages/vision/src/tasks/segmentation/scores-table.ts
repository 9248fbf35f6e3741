import type { SegmentationScores } from '../../training/evaluate.js';

/** Scores as lines of text: one a class, then the means beside the majority-class baseline. */
export function scoreLines(scores: SegmentationScores, classes: readonly string[]): string[] {
  const width = Math.max(...classes.map((name) => name.length), 'pixel accuracy'.length);
  const percent = (value: number): string =>
    Number.isNaN(value) ? '  absent' : `${(100 * value).toFixed(2).padStart(6)} %`;
  return [
    `${'class'.padEnd(width)}       IoU      Dice`,
    ...classes.map((name, id) => `${name.padEnd(width)}  ${percent(scores.iou[id]!)}  ${percent(scores.dice[id]!)}`),
    `${'mean IoU'.padEnd(width)}  ${percent(scores.meanIou)}  (majority class alone: ${percent(scores.majorityMeanIou).trim()})`,
    `${'pixel accuracy'.padEnd(width)}  ${percent(scores.pixelAccuracy)}`,
  ];
}
