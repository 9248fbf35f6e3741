import { check } from '../errors.js';
import { checkSameSize, numbersOf, shapeOf, type MetricValues } from './values.js';

export interface StatsOptions {
  /** One class a pixel, one channel, or channels that decide for themselves. */
  readonly mode: 'multiclass' | 'binary' | 'multilabel';
  /** Needed in multiclass mode. */
  readonly numClasses?: number;
  /** Multiclass only: pixels with this target, which must not be a class, are left out. */
  readonly ignoreIndex?: number;
  /** Binary and multilabel: predictions and targets from here on are positive; one value, or one a class. */
  readonly threshold?: number | readonly number[];
  /** Shape of predictions and targets where they are plain arrays. */
  readonly shape?: readonly number[];
}

/** Counts for each image and class, [N][C]. */
export interface Stats {
  readonly tp: number[][];
  readonly fp: number[][];
  readonly fn: number[][];
  readonly tn: number[][];
}

/**
 * True and false positives and negatives of each image and class, as segmentation_models_pytorch's get_stats.
 *
 * @param predictions [N, ...] labels (multiclass); [N, ..., C] zeros and ones, or scores with `threshold` (multilabel; binary
 *   with C = 1, or without that axis).
 * @param targets of the same size.
 * @throws InvalidArgumentError for options or sizes that do not fit, and for values other than 0 and 1 without a threshold.
 */
export function getStats(predictions: MetricValues, targets: MetricValues, options: StatsOptions): Stats {
  const { mode, ignoreIndex, threshold, numClasses } = options;
  const [p, t] = [numbersOf(predictions), numbersOf(targets)];
  checkSameSize('getStats', p, t);
  const shape = shapeOf(targets, options.shape);
  if (mode === 'multiclass') {
    check(numClasses !== undefined && numClasses > 0, 'getStats: multiclass mode needs numClasses');
    check(threshold === undefined, 'getStats: multiclass mode takes labels; leave out threshold');
    check(
      ignoreIndex === undefined || ignoreIndex < 0 || ignoreIndex >= numClasses,
      `getStats: ignoreIndex ${ignoreIndex} is one of the classes 0 to ${numClasses - 1}`,
    );
    return ofLabels(p, t, shape[0] ?? 1, numClasses, ignoreIndex);
  }
  check(mode === 'binary' || mode === 'multilabel', `getStats: unknown mode '${String(mode)}'`);
  check(ignoreIndex === undefined, `getStats: ${mode} mode has no ignoreIndex`);
  const classes = mode === 'binary' ? 1 : shape.at(-1)!;
  const thresholds = typeof threshold === 'number' ? Array.from({ length: classes }, () => threshold) : threshold;
  check(
    thresholds === undefined || thresholds.length === classes,
    `getStats: ${thresholds?.length} thresholds for ${classes} classes`,
  );
  return ofChannels(p, t, shape[0] ?? 1, classes, thresholds);
}

function emptyStats(images: number, classes: number): Stats {
  const zeros = (): number[][] => Array.from({ length: images }, () => Array.from({ length: classes }, () => 0));
  return { tp: zeros(), fp: zeros(), fn: zeros(), tn: zeros() };
}

function ofLabels(
  p: ArrayLike<number>,
  t: ArrayLike<number>,
  images: number,
  classes: number,
  ignoreIndex: number | undefined,
): Stats {
  const stats = emptyStats(images, classes);
  const size = t.length / images;
  for (let image = 0; image < images; image++) {
    const [tp, fp, fn, tn] = [stats.tp[image]!, stats.fp[image]!, stats.fn[image]!, stats.tn[image]!];
    let counted = 0;
    for (let i = image * size; i < (image + 1) * size; i++) {
      const [predicted, target] = [p[i]!, t[i]!];
      if (target === ignoreIndex) continue;
      counted++;
      // labels that are no class count against the other side, as in the reference
      if (predicted === target && tp[target] !== undefined) tp[target]++;
      if (predicted === target) continue;
      if (fp[predicted] !== undefined) fp[predicted]++;
      if (fn[target] !== undefined) fn[target]++;
    }
    for (let c = 0; c < classes; c++) tn[c] = counted - tp[c]! - fp[c]! - fn[c]!;
  }
  return stats;
}

function ofChannels(
  p: ArrayLike<number>,
  t: ArrayLike<number>,
  images: number,
  classes: number,
  thresholds: readonly number[] | undefined,
): Stats {
  const stats = emptyStats(images, classes);
  const size = t.length / images;
  const positive = (value: number, c: number): boolean => {
    if (thresholds !== undefined) return value >= thresholds[c]!;
    check(value === 0 || value === 1, () => `getStats: ${value} is neither 0 nor 1; pass a threshold`);
    return value === 1;
  };
  for (let i = 0; i < t.length; i++) {
    const [image, c] = [Math.floor(i / size), i % classes];
    const [predicted, target] = [positive(p[i]!, c), positive(t[i]!, c)];
    const kind = predicted ? (target ? 'tp' : 'fp') : target ? 'fn' : 'tn';
    stats[kind][image]![c]!++;
  }
  return stats;
}
