import { check, checkCount } from '../errors.js';
import { checkSameSize, listIn, numbersOf, type Metric, type MetricState, type MetricValues } from './values.js';

export interface ConfusionMatrixOptions {
  readonly classes: number;
  /** Targets with this label are left out. */
  readonly ignoreIndex?: number;
}

/** What follows from a confusion matrix. Classes that occur neither in targets nor in predictions are NaN, and left out of means. */
export interface ConfusionSummary {
  /** Intersection over union of each class. */
  readonly iou: readonly number[];
  /** Dice coefficient, that is F1, of each class. */
  readonly dice: readonly number[];
  /** Recall of each class; NaN for a class without targets. */
  readonly classAccuracy: readonly number[];
  /** Precision of each class; NaN for a class that was never predicted. */
  readonly precision: readonly number[];
  readonly meanIou: number;
  readonly meanDice: number;
  /** Mean of `classAccuracy` over the classes that have targets. */
  readonly meanAccuracy: number;
  /** Share of the elements that are right. */
  readonly pixelAccuracy: number;
}

/** Counts of (target, prediction) pairs of classes, exact up to 2^53. */
export class ConfusionMatrix implements Metric<ConfusionSummary> {
  readonly classes: number;
  readonly ignoreIndex: number | undefined;
  readonly #counts: Float64Array;

  constructor({ classes, ignoreIndex }: ConfusionMatrixOptions) {
    checkCount('classes', classes);
    this.classes = classes;
    this.ignoreIndex = ignoreIndex;
    this.#counts = new Float64Array(classes * classes);
  }

  /**
   * Class labels of the same size, in any shape.
   * @throws InvalidArgumentError, before anything is counted, for a label that is no class.
   */
  update(predictions: MetricValues, targets: MetricValues): void {
    const [p, t] = [numbersOf(predictions), numbersOf(targets)];
    checkSameSize('ConfusionMatrix', p, t);
    const { classes, ignoreIndex } = this;
    const isClass = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < classes;
    for (let i = 0; i < t.length; i++) {
      if (t[i] === ignoreIndex) continue;
      check(isClass(t[i]!), () => `the targets hold label ${t[i]}, which is none of the classes 0 to ${classes - 1}`);
      check(
        isClass(p[i]!),
        () => `the predictions hold label ${p[i]}, which is none of the classes 0 to ${classes - 1}`,
      );
    }
    for (let i = 0; i < t.length; i++) if (t[i] !== ignoreIndex) this.#counts[t[i]! * classes + p[i]!]!++;
  }

  /** How often class `target` was taken for class `prediction`. */
  count(target: number, prediction: number): number {
    return this.#counts[target * this.classes + prediction]!;
  }

  /** All counts; row: target, column: prediction. */
  matrix(): number[][] {
    return Array.from({ length: this.classes }, (_, row) => [
      ...this.#counts.subarray(row * this.classes, (row + 1) * this.classes),
    ]);
  }

  compute(): ConfusionSummary {
    const each = Array.from({ length: this.classes }, (_, c) => {
      let [predicted, present] = [0, 0];
      for (let other = 0; other < this.classes; other++) {
        predicted += this.count(other, c);
        present += this.count(c, other);
      }
      return { hits: this.count(c, c), predicted, present };
    });
    const iou = each.map(({ hits, predicted, present }) => hits / (predicted + present - hits));
    const dice = each.map(({ hits, predicted, present }) => (2 * hits) / (predicted + present));
    const classAccuracy = each.map(({ hits, present }) => hits / present);
    const precision = each.map(({ hits, predicted }) => hits / predicted);
    const sum = (of: (entry: (typeof each)[number]) => number): number => each.reduce((total, e) => total + of(e), 0);
    return {
      iou,
      dice,
      classAccuracy,
      precision,
      meanIou: meanOfDefined(iou),
      meanDice: meanOfDefined(dice),
      meanAccuracy: meanOfDefined(classAccuracy),
      pixelAccuracy: sum(({ hits }) => hits) / sum(({ present }) => present),
    };
  }

  reset(): void {
    this.#counts.fill(0);
  }

  state(): MetricState {
    return { counts: [...this.#counts] };
  }

  loadState(state: MetricState): void {
    this.#counts.set(listIn(state, 'counts', this.#counts.length));
  }
}

function meanOfDefined(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}
