import type { ClassificationScores } from '../../training/index.js';

const percent = (value: number): string =>
  Number.isNaN(value) ? '  absent' : `${(100 * value).toFixed(2).padStart(6)} %`;

/** Scores as lines of text: F1 of each class, then accuracy and mean F1. */
export function scoreLines(scores: ClassificationScores, classes: readonly string[]): string[] {
  const width = Math.max(...classes.map((name) => name.length), 'macro F1'.length);
  // of a great many classes the means say enough
  const each =
    classes.length > 50 ? [] : classes.map((name, id) => `${name.padEnd(width)}  ${percent(scores.f1[id]!)}`);
  return [
    `${'class'.padEnd(width)}        F1`,
    ...each,
    `${'macro F1'.padEnd(width)}  ${percent(scores.macroF1)}`,
    `${'accuracy'.padEnd(width)}  ${percent(scores.accuracy)}`,
  ];
}
