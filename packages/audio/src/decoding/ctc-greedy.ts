import { check, type losses } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { checkBlank, readFrames, type Frames, type Hypothesis } from './frames.js';

export interface CtcGreedyOptions {
  /** The label for "nothing here". Default 0. */
  readonly blank?: number;
}

/** The likeliest path's labels, and the frame at which each begins. */
export interface TimedHypothesis extends Hypothesis {
  readonly frames: readonly number[];
}

/** Reads the likeliest path as its frames come: repeated labels across a chunk's edge are one. */
export class CtcGreedySearch {
  readonly #blank: number;
  readonly #labels: number[] = [];
  readonly #starts: number[] = [];
  #last: number;
  #score = 0;
  #frames = 0;

  constructor({ blank = 0 }: CtcGreedyOptions = {}) {
    this.#blank = blank;
    this.#last = blank;
  }

  /** @throws InvalidArgumentError when the blank is none of the classes */
  push({ values, frames, classes }: Frames): void {
    checkBlank('CTC search', this.#blank, classes);
    check(values.length === frames * classes, `${frames} frames of ${classes} classes are not ${values.length} values`);
    for (let t = 0; t < frames; t++) {
      const row = t * classes;
      let best = 0;
      for (let c = 1; c < classes; c++) if (values[row + c]! > values[row + best]!) best = c;
      if (best !== this.#blank && best !== this.#last) {
        this.#labels.push(best);
        this.#starts.push(this.#frames);
      }
      this.#score += values[row + best]!;
      this.#last = best;
      this.#frames++;
    }
  }

  /** What was read so far; the score is the path's log probability. */
  result(): TimedHypothesis {
    return { labels: [...this.#labels], frames: [...this.#starts], score: this.#score };
  }
}

/**
 * The labels of the likeliest CTC path of each utterance: repetitions merged, blanks left out (Graves et al. 2006). Of equal
 * values the lower class counts.
 *
 * @param logProbabilities float32 [N, T, C], or [T, C] for one utterance
 * @param lengths N lengths from 0 to T; default T
 * @throws InvalidArgumentError for other shapes, lengths that do not fit, a blank that is none of the classes, and NaN
 */
export async function ctcGreedySearch(
  logProbabilities: tf.Tensor,
  lengths?: losses.Integers,
  options: CtcGreedyOptions = {},
): Promise<TimedHypothesis[]> {
  return (await readFrames('CTC search', logProbabilities, lengths)).map((frames) => {
    const search = new CtcGreedySearch(options);
    search.push(frames);
    return search.result();
  });
}
