import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { takeRows } from '../../functional/axes/slices.js';

/**
 * Sequences of different lengths in one time-major batch, as torch's packed sequences behave: a sequence ends at its own length, and
 * the backward direction starts there.
 */
export class Packing {
  readonly #lengths: readonly number[];
  readonly #steps: number;

  /** @param lengths int32 [B] or B numbers, each from 1 to `steps`. */
  constructor(lengths: tf.Tensor | ArrayLike<number>, steps: number, batch: number) {
    this.#lengths = Array.from(lengths instanceof tf.Tensor ? lengths.dataSync<'int32'>() : lengths);
    this.#steps = steps;
    check(
      this.#lengths.length === batch && this.#lengths.every((n) => Number.isInteger(n) && n >= 1 && n <= steps),
      () => `lengths must be ${batch} integers between 1 and ${steps}, got [${this.#lengths.join(', ')}]`,
    );
  }

  /** x [T, B, n] with each sequence reversed within its length. Its own inverse. */
  reverse(x: tf.Tensor): tf.Tensor {
    return this.#rows(x, x.shape[0]!, (t, length) => (t < length ? length - 1 - t : t));
  }

  /** States [T, B, n] at each sequence's end: [B, n]. */
  last(states: tf.Tensor): tf.Tensor {
    const ends = this.#rows(states, 1, (_, length) => length - 1);
    return tf.reshape(ends, states.shape.slice(1));
  }

  /** x [T, B, n] with zeros after each sequence's end. */
  mask(x: tf.Tensor): tf.Tensor {
    const batch = this.#lengths.length;
    const inside = Float32Array.from({ length: this.#steps * batch }, (_, at) =>
      Math.floor(at / batch) < this.#lengths[at % batch]! ? 1 : 0,
    );
    return tf.mul(x, tf.tensor3d(inside, [this.#steps, batch, 1]));
  }

  #rows(x: tf.Tensor, steps: number, source: (t: number, length: number) => number): tf.Tensor {
    const [length, batch, size] = x.shape as [number, number, number];
    const index = Int32Array.from({ length: steps * batch }, (_, at) => {
      const b = at % batch;
      return source(Math.floor(at / batch), this.#lengths[b]!) * batch + b;
    });
    const picked = takeRows(tf.reshape(x, [length * batch, size]), () => tf.tensor1d(index, 'int32'));
    return tf.reshape(picked, [steps, batch, size]);
  }
}
