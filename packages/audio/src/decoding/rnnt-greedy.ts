import { check, disposeTensors, scope, type losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { checkBlank, checkEncoded, type Hypothesis } from './frames.js';
import { joinStates, labelColumn, takeStates, zipStates, type TransducerModel } from './transducer.js';

export interface RnntGreedyOptions {
  /** The label for "on to the next frame". */
  readonly blank: number;
  /** Labels that one frame may give. Default 10. */
  readonly maxLabelsPerFrame?: number;
}

interface Predicted<State> {
  readonly output: tf.Tensor;
  readonly state: State;
}

/** The likeliest label at each step, frame by frame, of a batch whose frames come in parts. `dispose()` it when done. */
export class RnntGreedySearch<State> {
  readonly #model: TransducerModel<State>;
  readonly #blank: number;
  readonly #most: number;
  readonly #labels: number[][] = [];
  readonly #scores: number[] = [];
  /** What the labels so far lead to, for the whole batch. */
  #predicted: Predicted<State> | null = null;

  constructor(model: TransducerModel<State>, { blank, maxLabelsPerFrame = 10 }: RnntGreedyOptions) {
    check(maxLabelsPerFrame >= 1, `transducer search: maxLabelsPerFrame is ${maxLabelsPerFrame}; it must be 1 or more`);
    this.#model = model;
    this.#blank = blank;
    this.#most = maxLabelsPerFrame;
  }

  /**
   * @param encoded float32 [N, T, D]; N must stay the same
   * @param lengths N lengths from 0 to T; default T
   * @throws InvalidArgumentError for other shapes, lengths that do not fit, and a blank that is none of the classes
   */
  async push(encoded: tf.Tensor, lengths?: losses.Integers): Promise<void> {
    const { batch, counts } = await checkEncoded(encoded, lengths);
    this.#predicted ??= this.#begin(batch);
    check(
      batch === this.#labels.length,
      `transducer search: a part of ${batch} utterances in a stream of ${this.#labels.length}`,
    );
    for (let t = 0; t < Math.max(0, ...counts); t++) {
      const frame = tf.keep(scope(() => tf.slice(encoded, [0, t, 0], [batch, 1, -1])));
      try {
        let active = Array.from(counts.keys()).filter((n) => t < counts[n]!);
        for (let step = 0; active.length > 0; step++) active = await this.#step(frame, active, step < this.#most);
      } finally {
        frame.dispose();
      }
    }
  }

  #begin(batch: number): Predicted<State> {
    this.#labels.push(...Array.from({ length: batch }, () => []));
    this.#scores.push(...Array.from({ length: batch }, () => 0));
    return this.#kept(() => this.#model.predict(labelColumn(Array.from({ length: batch }, () => this.#blank)), null));
  }

  /** One label or blank for each of the active utterances; those that got a label go on with the frame. */
  async #step(frame: tf.Tensor, active: readonly number[], mayEmit: boolean): Promise<number[]> {
    const scores = scope(() => {
      const rows = tf.tensor1d([...active], 'int32');
      const logits = this.#model.join(tf.gather(frame, rows), tf.gather(this.#predicted!.output, rows));
      return tf.reshape(tf.logSoftmax(logits), [active.length, -1]);
    });
    const classes = scores.shape[1]!;
    checkBlank('transducer search', this.#blank, classes);
    const values = await scores.data<'float32'>();
    scores.dispose();
    const emitting: number[] = [];
    active.forEach((n, i) => {
      let best = this.#blank;
      if (mayEmit)
        for (let c = 0; c < classes; c++) if (values[i * classes + c]! > values[i * classes + best]!) best = c;
      this.#scores[n]! += values[i * classes + best]!;
      if (best === this.#blank) return;
      this.#labels[n]!.push(best);
      emitting.push(n);
    });
    if (emitting.length > 0) this.#advance(emitting);
    return emitting;
  }

  /** The predictor moves on for these utterances. */
  #advance(emitting: readonly number[]): void {
    const before = this.#predicted!;
    const order = before.output.shape[0]!;
    const source = Array.from({ length: order }, (_, n) => (emitting.includes(n) ? order + emitting.indexOf(n) : n));
    this.#predicted = this.#kept(() => {
      const last = labelColumn(emitting.map((n) => this.#labels[n]!.at(-1)!));
      const next = this.#model.predict(last, takeStates(before.state, emitting));
      return emitting.length === order ? next : takeStates(joinStates<Predicted<State>>([before, next]), source);
    });
    disposeTensors(before);
  }

  #kept(make: () => Predicted<State>): Predicted<State> {
    return scope(() => zipStates([make()], ([tensor]) => tf.keep(tf.clone(tensor!))));
  }

  /** What was found so far; the score is the log probability of the path taken. */
  results(): Hypothesis[] {
    return this.#labels.map((labels, n) => ({ labels: [...labels], score: this.#scores[n]! }));
  }

  dispose(): void {
    disposeTensors(this.#predicted);
  }
}

/**
 * The likeliest label at each step of each utterance.
 *
 * @param encoded float32 [N, T, D] of the model's encoder
 * @param lengths N lengths from 0 to T; default T
 * @throws InvalidArgumentError for other shapes, lengths that do not fit, and a blank that is none of the classes
 */
export async function rnntGreedySearch<State>(
  model: TransducerModel<State>,
  encoded: tf.Tensor,
  lengths: losses.Integers | undefined,
  options: RnntGreedyOptions,
): Promise<Hypothesis[]> {
  const search = new RnntGreedySearch(model, options);
  try {
    await search.push(encoded, lengths);
    return search.results();
  } finally {
    search.dispose();
  }
}
