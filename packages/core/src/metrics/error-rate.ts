import { check } from '../errors.js';
import { numberIn, type Metric, type MetricState } from './values.js';

/** How one sequence becomes another with the fewest edits. */
export interface Edits {
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
  /** All three together: the Levenshtein distance. */
  readonly distance: number;
}

/**
 * The fewest substitutions, insertions and deletions that turn `reference` into `hypothesis`; of several ways one that keeps most
 * elements. Elements are compared with ===; a string counts by UTF-16 unit, so pass code points or words as an array.
 *
 * Time is the product of the lengths, memory that of the hypothesis.
 */
export function editDistance<T>(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): Edits {
  const [rows, columns] = [reference.length, hypothesis.length];
  // One number for (edits, substitutions), so that the smallest is the way with the fewest of both. It says all there is: insertions
  // and deletions are the other edits, and differ by the difference of the lengths.
  const edit = Math.min(rows, columns) + 1;
  let above = Float64Array.from({ length: columns + 1 }, (_, j) => j * edit);
  let row = new Float64Array(columns + 1);
  for (let i = 1; i <= rows; i++) {
    row[0] = i * edit;
    for (let j = 1; j <= columns; j++) {
      const aligned = above[j - 1]! + (reference[i - 1] === hypothesis[j - 1] ? 0 : edit + 1);
      row[j] = Math.min(aligned, Math.min(above[j]!, row[j - 1]!) + edit);
    }
    [above, row] = [row, above];
  }
  const cost = above[columns]!;
  const distance = Math.floor(cost / edit);
  const substitutions = cost - distance * edit;
  const insertions = (distance - substitutions + columns - rows) / 2;
  return { substitutions, insertions, deletions: distance - substitutions - insertions, distance };
}

/** What {@link ErrorRate} says of all that it has seen. */
export interface ErrorRates extends Edits {
  /** Edits for each element of the references; may exceed 1. Where these have none, the number of edits, as of jiwer from 4.0 on. */
  readonly rate: number;
  /** Elements of the references. */
  readonly total: number;
}

/** Edits over a corpus, for each element of its references: long utterances count more than short ones, as is usual. */
export class ErrorRate<T = number> implements Metric {
  #substitutions = 0;
  #insertions = 0;
  #deletions = 0;
  #total = 0;

  /** Counts one utterance. */
  update(reference: ArrayLike<T>, hypothesis: ArrayLike<T>): void {
    const { substitutions, insertions, deletions } = editDistance(reference, hypothesis);
    this.#substitutions += substitutions;
    this.#insertions += insertions;
    this.#deletions += deletions;
    this.#total += reference.length;
  }

  compute(): number {
    return this.counts().rate;
  }

  /** The rate with the counts that it comes from. */
  counts(): ErrorRates {
    const [substitutions, insertions, deletions, total] = [
      this.#substitutions,
      this.#insertions,
      this.#deletions,
      this.#total,
    ];
    const distance = substitutions + insertions + deletions;
    return { substitutions, insertions, deletions, distance, total, rate: distance / Math.max(1, total) };
  }

  reset(): void {
    [this.#substitutions, this.#insertions, this.#deletions, this.#total] = [0, 0, 0, 0];
  }

  state(): MetricState {
    const { substitutions, insertions, deletions, total } = this.counts();
    return { substitutions, insertions, deletions, total };
  }

  loadState(state: MetricState): void {
    const counts = ['substitutions', 'insertions', 'deletions', 'total'].map((key) => numberIn(state, key));
    [this.#substitutions, this.#insertions, this.#deletions, this.#total] = counts as [number, number, number, number];
  }
}

/** The words of a text: what lies between white space. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}

/** {@link ErrorRate} of texts, cut into parts in one way. */
abstract class TextErrorRate extends ErrorRate<string> {
  protected abstract parts(text: string): ArrayLike<string>;

  /** Counts one utterance, as texts or in parts. */
  override update(reference: string | ArrayLike<string>, hypothesis: string | ArrayLike<string>): void {
    const [r, h] = [reference, hypothesis].map((text) => (typeof text === 'string' ? this.parts(text) : text));
    super.update(r!, h!);
  }

  /** Counts utterances in pairs. @throws InvalidArgumentError when there are not as many of both */
  updateAll(references: readonly string[], hypotheses: readonly string[]): this {
    check(
      references.length === hypotheses.length,
      `an error rate needs a hypothesis for each reference, got ${references.length} references and ${hypotheses.length} hypotheses`,
    );
    references.forEach((reference, i) => this.update(reference, hypotheses[i]!));
    return this;
  }
}

/** Word error rate. Case and punctuation count: bring texts into one form first where they shall not. */
export class WordErrorRate extends TextErrorRate {
  protected override parts(text: string): string[] {
    return wordsOf(text);
  }
}

/** Character error rate, by Unicode code point; spaces are characters too. */
export class CharacterErrorRate extends TextErrorRate {
  protected override parts(text: string): string[] {
    return Array.from(text);
  }
}
