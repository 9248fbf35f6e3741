import { check } from '../errors.js';
import type { Stats } from './stats.js';

/**
 * How the counts of images and classes become one figure.
 * - `micro`: all counts summed, then the score.
 * - `macro`, `weighted`: counts summed over the images, the score of each class, their mean (by `classWeights`).
 * - `micro-imagewise`: counts summed over the classes, the score of each image, their mean.
 * - `macro-imagewise`, `weighted-imagewise`: the score of each image and class, their mean (by `classWeights`).
 */
export type ScoreReduction =
  | 'micro'
  | 'macro'
  | 'weighted'
  | 'micro-imagewise'
  | 'macro-imagewise'
  | 'weighted-imagewise';

export interface ScoreOptions {
  /** Needed by the weighted reductions. Divided by their sum. */
  readonly classWeights?: readonly number[];
  /** What 0 / 0 counts as; default 1. Not used by `micro`, which returns NaN then. */
  readonly zeroDivision?: number;
}

type Score = (tp: number, fp: number, fn: number, tn: number) => number;

/** A score of counts: one number with a reduction, [N][C] with 'none' or without one. */
export interface ScoreFunction {
  (stats: Stats, reduction: ScoreReduction, options?: ScoreOptions): number;
  (stats: Stats, reduction?: 'none', options?: ScoreOptions): number[][];
}

const recallOf: Score = (tp, _fp, fn) => tp / (tp + fn);
const specificityOf: Score = (_tp, fp, _fn, tn) => tn / (tn + fp);
const precisionOf: Score = (tp, fp) => tp / (tp + fp);
const negativePredictiveValueOf: Score = (_tp, _fp, fn, tn) => tn / (tn + fn);
const fbetaOf =
  (beta: number): Score =>
  (tp, fp, fn) =>
    ((1 + beta ** 2) * tp) / ((1 + beta ** 2) * tp + beta ** 2 * fn + fp);

/** Intersection over union. */
export const iouScore = scoreFunction((tp, fp, fn) => tp / (tp + fp + fn));
/** Harmonic mean of precision and recall; the Dice coefficient. */
export const f1Score = scoreFunction(fbetaOf(1));
export const accuracyScore = scoreFunction((tp, fp, fn, tn) => (tp + tn) / (tp + fp + fn + tn));
/** Positive predictive value. */
export const precision = scoreFunction(precisionOf);
/** True positive rate. */
export const recall = scoreFunction(recallOf);
/** True positive rate, the same as {@link recall}. */
export const sensitivity = recall;
/** True negative rate. */
export const specificity = scoreFunction(specificityOf);
/** Mean of sensitivity and specificity. */
export const balancedAccuracy = scoreFunction((...counts) => (recallOf(...counts) + specificityOf(...counts)) / 2);
/** The same as {@link precision}. */
export const positivePredictiveValue = precision;
export const negativePredictiveValue = scoreFunction(negativePredictiveValueOf);
/** Miss rate. */
export const falseNegativeRate = scoreFunction((...counts) => 1 - recallOf(...counts));
/** Fall-out. */
export const falsePositiveRate = scoreFunction((...counts) => 1 - specificityOf(...counts));
export const falseDiscoveryRate = scoreFunction((...counts) => 1 - precisionOf(...counts));
export const falseOmissionRate = scoreFunction((...counts) => 1 - negativePredictiveValueOf(...counts));
export const positiveLikelihoodRatio = scoreFunction(
  (...counts) => recallOf(...counts) / (1 - specificityOf(...counts)),
);
export const negativeLikelihoodRatio = scoreFunction(
  (...counts) => (1 - recallOf(...counts)) / specificityOf(...counts),
);

/** F score that weighs recall `beta` times as much as precision. `fbetaScore(2)(stats, 'macro')`. */
export function fbetaScore(beta: number): ScoreFunction {
  check(beta >= 0, `beta is ${beta}; it must be 0 or more`);
  return scoreFunction(fbetaOf(beta));
}

/** Reductions and weights as segmentation_models_pytorch's metrics have them. */
function scoreFunction(score: Score): ScoreFunction {
  function reduced(stats: Stats, reduction: ScoreReduction, options?: ScoreOptions): number;
  function reduced(stats: Stats, reduction?: 'none', options?: ScoreOptions): number[][];
  function reduced(
    { tp, fp, fn, tn }: Stats,
    reduction: ScoreReduction | 'none' = 'none',
    { classWeights, zeroDivision = 1 }: ScoreOptions = {},
  ): number | number[][] {
    check(
      classWeights !== undefined || !reduction.startsWith('weighted'),
      `reduction '${reduction}' needs classWeights`,
    );
    check(
      classWeights === undefined || classWeights.length === tp[0]?.length,
      `${classWeights?.length} class weights for ${tp[0]?.length} classes`,
    );
    const total = sum(classWeights ?? [1]);
    const weigh = (value: number, c: number): number => value * ((classWeights?.[c] ?? 1) / total);
    const defined = (a: number, b: number, c: number, d: number): number => {
      const value = score(a, b, c, d);
      return Number.isNaN(value) ? zeroDivision : value;
    };
    const ofClasses = (): number[] => {
      const [a, b, c, d] = [tp, fp, fn, tn].map(overImages) as [number[], number[], number[], number[]];
      return a.map((_, i) => defined(a[i]!, b[i]!, c[i]!, d[i]!));
    };
    const ofAll = (): number[][] =>
      tp.map((row, n) => row.map((_, c) => defined(row[c]!, fp[n]![c]!, fn[n]![c]!, tn[n]![c]!)));
    switch (reduction) {
      case 'micro':
        return score(sum(tp.flat()), sum(fp.flat()), sum(fn.flat()), sum(tn.flat()));
      case 'macro':
        return mean(ofClasses().map(weigh));
      case 'weighted':
        return sum(ofClasses().map(weigh));
      case 'micro-imagewise':
        return mean(tp.map((row, n) => defined(sum(row), sum(fp[n]!), sum(fn[n]!), sum(tn[n]!))));
      case 'macro-imagewise':
      case 'weighted-imagewise':
        return mean(overImages(ofAll()).map((value, c) => weigh(value / tp.length, c)));
      case 'none':
        return ofAll();
      default:
        return check(false, `unknown reduction '${String(reduction)}'`) as never;
    }
  }
  return reduced;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** [N][C] summed over N. */
function overImages(rows: readonly number[][]): number[] {
  return (rows[0] ?? []).map((_, c) => sum(rows.map((row) => row[c]!)));
}
