import { check, checkCount } from '../errors.js';
import { AveragedMetric } from './mean.js';
import { numbersOf, shapeOf, type MetricValues } from './values.js';

export interface AccuracyOptions {
  /** Right when the target is among this many highest scores; default 1. */
  readonly topK?: number;
  /** Targets with this label are left out. */
  readonly ignoreIndex?: number;
}

/** Share of the targets whose class has one of the highest scores. */
export class Accuracy extends AveragedMetric {
  readonly #topK: number;
  readonly #ignoreIndex: number | undefined;

  constructor({ topK = 1, ignoreIndex }: AccuracyOptions = {}) {
    super();
    checkCount('topK', topK);
    this.#topK = topK;
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * @param predictions scores [..., C] (of equal scores the earlier class counts as higher), or, for topK 1, labels like
   *   the targets.
   * @param targets labels [...].
   * @param classes C, where `predictions` are scores in a plain array.
   */
  update(predictions: MetricValues, targets: MetricValues, classes?: number): void {
    const [p, t] = [numbersOf(predictions), numbersOf(targets)];
    const shape = shapeOf(predictions);
    const scores = classes !== undefined || shape.length > shapeOf(targets).length;
    const count = classes ?? (scores ? shape.at(-1)! : 1);
    check(
      p.length === t.length * count,
      `Accuracy: ${p.length} ${scores ? `scores of ${count} classes` : 'predicted labels'} for ${t.length} targets`,
    );
    check(scores || this.#topK === 1, 'Accuracy: topK above 1 needs scores, not labels');
    let [right, seen] = [0, 0];
    for (let i = 0; i < t.length; i++) {
      const target = t[i]!;
      if (target === this.#ignoreIndex) continue;
      seen++;
      if (scores ? this.#isAmongHighest(p, i * count, count, target) : p[i] === target) right++;
    }
    this.mean.update(right / seen, seen);
  }

  #isAmongHighest(scores: ArrayLike<number>, start: number, count: number, target: number): boolean {
    check(
      Number.isInteger(target) && target >= 0 && target < count,
      () => `Accuracy: the targets hold label ${target}, which is none of the classes 0 to ${count - 1}`,
    );
    const own = scores[start + target]!;
    let higher = 0;
    for (let c = 0; c < count; c++) {
      const score = scores[start + c]!;
      if (score > own || (score === own && c < target)) higher++;
    }
    return !Number.isNaN(own) && higher < this.#topK;
  }
}
