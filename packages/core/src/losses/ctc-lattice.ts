import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';

/** Labels or lengths: an int32 tensor, read back, or plain numbers. */
export type Integers = tf.Tensor | ArrayLike<number>;

/** Stands for log 0: small enough that exp of it is 0, large enough that sums of a few do not overflow. */
export const LOG_ZERO = -1e30;

export function integers(values: Integers): number[] {
  return Array.from(values instanceof tf.Tensor ? values.dataSync<'int32'>() : values);
}

/**
 * The states of all samples: labels with blanks between them and around, padded to one length. Time and state indices of the
 * backward recursion count from each sample's own end, so that it is the same recursion as the forward one.
 */
export class Lattice {
  readonly steps: number;
  readonly batch: number;
  readonly classes: number;
  /** States of the longest target. */
  readonly width: number;
  readonly #labels: readonly Int32Array[];

  constructor(
    shape: readonly number[],
    targets: Integers,
    readonly inputLengths: readonly number[],
    readonly targetLengths: readonly number[],
    readonly blank: number,
  ) {
    [this.steps, this.batch, this.classes] = shape as [number, number, number];
    const { steps, batch, classes } = this;
    check(blank >= 0 && blank < classes, `ctc: the blank is ${blank}, but there are ${classes} classes`);
    for (const [name, lengths, most] of [
      ['input', inputLengths, steps],
      ['target', targetLengths, Infinity],
    ] as const) {
      check(lengths.length === batch, `ctc: ${batch} samples need ${batch} ${name} lengths, got ${lengths.length}`);
      const wrong = lengths.find((length) => !(length >= 0 && length <= most));
      check(wrong === undefined, `ctc: an ${name} length is ${wrong}, it must lie between 0 and ${most}`);
    }
    const all = integers(targets);
    const padded = targets instanceof tf.Tensor && targets.rank === 2;
    const row = padded ? targets.shape[1]! : 0;
    const longest = Math.max(0, ...targetLengths);
    const needed = padded ? longest : targetLengths.reduce((sum, length) => sum + length, 0);
    check(
      padded ? row >= longest && all.length === batch * row : all.length >= needed,
      `ctc: the targets hold ${all.length} labels, too few for the target lengths`,
    );
    this.width = 2 * longest + 1;
    let start = 0;
    this.#labels = targetLengths.map((length, n) => {
      const at = padded ? n * row : start;
      start += length;
      const labels = Int32Array.from(all.slice(at, at + length));
      const wrong = labels.find((label) => label < 0 || label >= classes || label === blank);
      check(wrong === undefined, `ctc: target ${n} holds label ${wrong}, not one of ${classes} classes, or the blank`);
      return labels;
    });
  }

  /** States of sample n. */
  states(n: number): number {
    return 2 * this.targetLengths[n]! + 1;
  }

  label(n: number, state: number): number {
    return state % 2 === 1 ? (this.#labels[n]![(state - 1) / 2] ?? this.blank) : this.blank;
  }

  /** Into the flat log probabilities, for each (step, sample, state). */
  emissionIndex(): tf.Tensor1D {
    const { steps, batch, classes, width } = this;
    const index = new Int32Array(steps * batch * width);
    for (let n = 0; n < batch; n++) {
      for (let s = 0; s < width; s++) {
        const label = this.label(n, s);
        for (let t = 0; t < steps; t++) index[(t * batch + n) * width + s] = (t * batch + n) * classes + label;
      }
    }
    return tf.tensor1d(index, 'int32');
  }

  /** For each (step, sample, state) its flat place with step and state counted from the sample's end; itself beyond the end. */
  reversal(): tf.Tensor1D {
    const { steps, batch, width } = this;
    const index = Int32Array.from({ length: steps * batch * width }, (_, i) => i);
    for (let n = 0; n < batch; n++) {
      const [length, states] = [this.inputLengths[n]!, this.states(n)];
      for (let t = 0; t < length; t++) {
        const [to, from] = [(t * batch + n) * width, ((length - 1 - t) * batch + n) * width];
        for (let s = 0; s < states; s++) index[to + s] = from + states - 1 - s;
      }
    }
    return tf.tensor1d(index, 'int32');
  }

  /** 0 where a state may be entered from the last label but one, {@link LOG_ZERO} elsewhere; forward, then reversed: [2N, width]. */
  skips(): tf.Tensor2D {
    const { batch, width } = this;
    const values = new Float32Array(2 * batch * width).fill(LOG_ZERO);
    for (let n = 0; n < batch; n++) {
      const states = this.states(n);
      for (let s = 3; s < states; s += 2) {
        if (this.label(n, s) === this.label(n, s - 2)) continue;
        values[n * width + s] = 0;
        values[(batch + n) * width + states - 1 - (s - 2)] = 0;
      }
    }
    return tf.tensor2d(values, [2 * batch, width]);
  }

  /** 1 for the (step, sample, state) that exist. */
  existing(): tf.Tensor3D {
    const { steps, batch, width } = this;
    const values = new Float32Array(steps * batch * width);
    for (let n = 0; n < batch; n++) {
      for (let t = 0; t < this.inputLengths[n]!; t++) {
        const at = (t * batch + n) * width;
        values.fill(1, at, at + this.states(n));
      }
    }
    return tf.tensor3d(values, [steps, batch, width]);
  }
}
