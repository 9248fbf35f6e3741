import { check, disposeTensors, scope, type losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkBlank, checkEncoded, logAddExp, type Hypothesis } from './frames.js';
import { joinStates, labelColumn, takeStates, zipStates, type TransducerModel } from './transducer.js';

export interface RnntBeamOptions {
  /** The label for "on to the next frame". */
  readonly blank: number;
  /** Hypotheses kept after each frame. Default 4. */
  readonly beamWidth?: number;
  /** Divides the scores before the softmax; larger values spread probabilities more evenly. Default 1. */
  readonly temperature?: number;
  /** Labels that one frame may give. Default 100. */
  readonly stepMaxTokens?: number;
  /** By what hypotheses are ranked after each frame. Default the score over the number of labels and two, as in torchaudio. */
  readonly sortKey?: (hypothesis: Hypothesis) => number;
}

/** What the predictor says after some labels: tensors that hypotheses may share. */
interface Predicted<State> {
  readonly output: tf.Tensor;
  readonly state: State;
}

interface Candidate<State> extends Hypothesis {
  readonly key: string;
  readonly predicted: Predicted<State>;
}

/**
 * The time-synchronous beam search of `torchaudio.models.RNNTBeamSearch` (Graves 2012, arXiv:1211.3711, without the search for prefixes)
 * over frames of one utterance that come in parts: hypotheses with the same labels are one, with the sum of their probabilities. `dispose()`
 * it when done.
 */
export class RnntBeamSearch<State> {
  readonly #model: TransducerModel<State>;
  readonly #options: Required<RnntBeamOptions>;
  #beam: Array<Candidate<State>> = [];
  /** What candidates hold on to. */
  #alive = new Set<Predicted<State>>();

  /** @throws InvalidArgumentError for widths and numbers of tokens below 1, and a temperature that is not positive */
  constructor(model: TransducerModel<State>, options: RnntBeamOptions) {
    const { blank, beamWidth = 4, temperature = 1, stepMaxTokens = 100 } = options;
    const { sortKey = ({ labels, score }: Hypothesis) => score / (labels.length + 2) } = options;
    for (const [name, value] of Object.entries({ beamWidth, stepMaxTokens }))
      check(value >= 1, `transducer search: ${name} is ${value}; it must be 1 or more`);
    check(temperature > 0, `transducer search: the temperature is ${temperature}; it must be positive`);
    this.#model = model;
    this.#options = { blank, beamWidth, temperature, stepMaxTokens, sortKey };
  }

  /**
   * @param encoded float32 [1, T, D]
   * @param length of the valid frames; default T
   * @throws InvalidArgumentError for other shapes, lengths that do not fit, and a blank that is none of the classes
   */
  async push(encoded: tf.Tensor, length?: losses.Integers): Promise<void> {
    const { batch, counts } = await checkEncoded(encoded, length);
    check(batch === 1, `transducer search: a beam takes one utterance, got ${batch}`);
    const { blank } = this.#options;
    if (this.#beam.length === 0) {
      const [predicted] = this.#predict([blank], null);
      this.#beam = [{ labels: [], key: '', score: 0, predicted: predicted! }];
    }
    for (let t = 0; t < counts[0]!; t++) {
      const frame = tf.keep(scope(() => tf.slice(encoded, [0, t, 0], [1, 1, -1])));
      try {
        await this.#frame(frame);
      } finally {
        frame.dispose();
      }
    }
  }

  async #frame(frame: tf.Tensor): Promise<void> {
    const { blank, beamWidth, stepMaxTokens, sortKey } = this.#options;
    /** Hypotheses that are done with the frame, and those that may still get labels in it. */
    const done = new Map<string, Candidate<State>>();
    let open = this.#beam;
    for (let step = 0; open.length > 0; step++) {
      const [scores, classes] = await this.#scores(frame, open);
      checkBlank('transducer search', blank, classes);
      open.forEach((candidate, i) => {
        const score = candidate.score + scores[i * classes + blank]!;
        const same = done.get(candidate.key);
        done.set(candidate.key, {
          ...candidate,
          score: same === undefined ? score : logAddExp(same.score, score),
        });
      });
      if (step === stepMaxTokens) break;
      const best = [...done.values()].map(({ score }) => score).sort((a, b) => b - a);
      open = this.#extended(open, scores, classes, best[beamWidth - 1] ?? -Infinity);
    }
    this.#beam = [...done.values()].sort((a, b) => sortKey(b) - sortKey(a)).slice(0, beamWidth);
    const alive = new Set(this.#beam.map(({ predicted }) => predicted));
    for (const predicted of this.#alive) if (!alive.has(predicted)) disposeTensors(predicted);
    this.#alive = alive;
  }

  /** The likeliest hypotheses with one more label, those above `least`. */
  #extended(
    open: ReadonlyArray<Candidate<State>>,
    scores: Float32Array,
    classes: number,
    least: number,
  ): Array<Candidate<State>> {
    const { blank, beamWidth } = this.#options;
    const all: Array<{ from: Candidate<State>; label: number; score: number }> = [];
    open.forEach((from, i) => {
      for (let label = 0; label < classes; label++) {
        const score = from.score + scores[i * classes + label]!;
        if (label !== blank && score > least) all.push({ from, label, score });
      }
    });
    const chosen = all.sort((a, b) => b.score - a.score).slice(0, beamWidth);
    if (chosen.length === 0) return [];
    const states = chosen.map(({ from }) => from.predicted.state);
    const predicted = this.#predict(
      chosen.map(({ label }) => label),
      states,
    );
    return chosen.map(({ from, label, score }, i) => {
      const labels = [...from.labels, label];
      return { labels, key: labels.join(), score, predicted: predicted[i]! };
    });
  }

  /** What the predictor says after each of the labels. */
  #predict(labels: readonly number[], states: readonly State[] | null): Array<Predicted<State>> {
    const made = scope(() => {
      const both = this.#model.predict(labelColumn(labels), states === null ? null : joinStates(states));
      return labels.map((_, i) => zipStates([takeStates<Predicted<State>>(both, [i])], ([tensor]) => tf.keep(tensor!)));
    });
    for (const predicted of made) this.#alive.add(predicted);
    return made;
  }

  /** Log probabilities of the classes after each candidate: [candidates, classes]. */
  async #scores(frame: tf.Tensor, candidates: ReadonlyArray<Candidate<State>>): Promise<[Float32Array, number]> {
    const scores = scope(() => {
      const labels = tf.concat(candidates.map(({ predicted }) => predicted.output));
      const logits = tf.div(this.#model.join(frame, labels), this.#options.temperature);
      return tf.reshape(tf.logSoftmax(logits), [candidates.length, -1]);
    });
    const values = await scores.data<'float32'>();
    scores.dispose();
    return [values, scores.shape[1]!];
  }

  /** The hypotheses so far, best first; the score is the log probability of the paths that the beam kept. */
  results(): Hypothesis[] {
    return this.#beam.map(({ labels, score }) => ({ labels: [...labels], score }));
  }

  dispose(): void {
    for (const predicted of this.#alive) disposeTensors(predicted);
    this.#alive.clear();
  }
}

/**
 * The likeliest label sequences of each utterance, best first.
 *
 * @param encoded float32 [N, T, D] of the model's encoder
 * @param lengths N lengths from 0 to T; default T
 * @throws InvalidArgumentError for other shapes, lengths that do not fit, and a blank that is none of the classes
 */
export async function rnntBeamSearch<State>(
  model: TransducerModel<State>,
  encoded: tf.Tensor,
  lengths: losses.Integers | undefined,
  options: RnntBeamOptions,
): Promise<Hypothesis[][]> {
  const { counts } = await checkEncoded(encoded, lengths);
  const results: Hypothesis[][] = [];
  for (const [n, length] of counts.entries()) {
    const search = new RnntBeamSearch(model, options);
    const one = tf.keep(scope(() => tf.slice(encoded, [n, 0, 0], [1, -1, -1])));
    try {
      await search.push(one, [length]);
      results.push(search.results());
    } finally {
      one.dispose();
      search.dispose();
    }
  }
  return results;
}
