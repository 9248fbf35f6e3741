import { check } from '../errors.js';
import { checkSameSize, listIn, numbersOf, type Metric, type MetricState, type MetricValues } from './values.js';

/** Base of the metrics of how well scores put positives before negatives. Keeps every score. */
abstract class RankingMetric implements Metric {
  #scores: number[] = [];
  #labels: number[] = [];

  /** Scores, and as many labels: 1 (or true) for positives, 0 for negatives. */
  update(scores: MetricValues, labels: MetricValues): void {
    const [s, l] = [numbersOf(scores), numbersOf(labels)];
    checkSameSize('a ranking metric', s, l);
    for (let i = 0; i < s.length; i++) {
      check(!Number.isNaN(s[i]), () => `score ${i} is not a number`);
      check(l[i] === 0 || l[i] === 1, () => `label ${i} is ${l[i]}; it must be 0 or 1`);
    }
    for (let i = 0; i < s.length; i++) {
      this.#scores.push(s[i]!);
      this.#labels.push(l[i]!);
    }
  }

  compute(): number {
    const order = Float64Array.from(this.#scores.keys()).sort((a, b) => this.#scores[b]! - this.#scores[a]!);
    const ties: Tie[] = [];
    let last: number | undefined;
    for (const i of order) {
      const score = this.#scores[i]!;
      if (score !== last) ties.push({ positives: 0, negatives: 0 });
      if (this.#labels[i] === 1) ties.at(-1)!.positives++;
      else ties.at(-1)!.negatives++;
      last = score;
    }
    return this.ofTies(ties);
  }

  /** The metric, from the positives and negatives at each distinct score, downwards. */
  protected abstract ofTies(ties: readonly Tie[]): number;

  reset(): void {
    this.#scores = [];
    this.#labels = [];
  }

  state(): MetricState {
    return { scores: [...this.#scores], labels: [...this.#labels] };
  }

  loadState(state: MetricState): void {
    const scores = listIn(state, 'scores');
    this.#labels = [...listIn(state, 'labels', scores.length)];
    this.#scores = [...scores];
  }
}

interface Tie {
  positives: number;
  negatives: number;
}

/**
 * Area under the receiver operating characteristic: the probability that a positive scores higher than a negative, ties
 * counting half. NaN unless there are both. sklearn's roc_auc_score.
 */
export class RocAuc extends RankingMetric {
  protected override ofTies(ties: readonly Tie[]): number {
    let [above, area, negatives] = [0, 0, 0];
    for (const tie of ties) {
      area += tie.negatives * (above + tie.positives / 2);
      above += tie.positives;
      negatives += tie.negatives;
    }
    return area / (above * negatives);
  }
}

/** Average precision: the precision at each positive, averaged. NaN without positives. sklearn's average_precision_score. */
export class AveragePrecision extends RankingMetric {
  protected override ofTies(ties: readonly Tie[]): number {
    let [hits, seen, sum] = [0, 0, 0];
    for (const tie of ties) {
      hits += tie.positives;
      seen += tie.positives + tie.negatives;
      sum += tie.positives * (hits / seen);
    }
    return sum / hits;
  }
}
