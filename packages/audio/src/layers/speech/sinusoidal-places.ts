import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, StateBuffer } from '@hourglass/core';

/**
 * Sinusoids for places that padding does not count in: all sines before all cosines, padding at zero. Sequences longer than the table make
 * a longer one.
 */
export class SinusoidalPlaces extends Module {
  readonly weights: StateBuffer;
  readonly #width: number;
  readonly #padding: number;

  constructor(places: number, width: number, padding: number) {
    super();
    this.#width = width;
    this.#padding = padding;
    this.weights = new StateBuffer(this.#table(places + 2), { persistent: false });
  }

  /**
   * @param ids int32 [N, L]: those that equal the padding have no place
   * @param past places before the first
   * @returns float32 [N, L, width]
   */
  forward(ids: tf.Tensor, past = 0): tf.Tensor {
    return scope(() => {
      const padding = tf.scalar(this.#padding, 'int32');
      const counts = tf.cast(tf.notEqual(ids, padding), 'int32');
      const running = tf.cast(tf.cumsum(tf.cast(counts, 'float32'), 1), 'int32');
      const places = tf.add(tf.mul(tf.add(running, tf.scalar(past, 'int32')), counts), padding);
      const needed = this.#padding + 1 + past + ids.shape[1]!;
      const table = needed > this.weights.shape[0]! ? this.#table(needed + 2) : this.weights.value;
      return functional.embedding(places, table);
    });
  }

  #table(places: number): tf.Tensor {
    const width = this.#width;
    const half = Math.floor(width / 2);
    const values = new Float32Array(places * width);
    for (let place = 0; place < places; place++) {
      if (place === this.#padding) continue;
      for (let i = 0; i < half; i++) {
        const angle = place * Math.fround(10000 ** (-i / (half - 1)));
        values[place * width + i] = Math.sin(angle);
        values[place * width + half + i] = Math.cos(angle);
      }
    }
    return tf.tensor2d(values, [places, width]);
  }
}
