import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Dropout,
  Embedding,
  functional,
  Module,
  Parameter,
  scope,
  StateBuffer,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';

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

/** Adds sinusoids times a learned factor (Li et al. 2018, arXiv:1809.08895). */
export class ScaledPositions extends Module implements UnaryModule {
  readonly alpha: Parameter;
  readonly pe: StateBuffer;
  readonly dropout: Dropout;

  constructor(places: number, width: number, dropout: number, generator?: Generator) {
    super();
    this.alpha = new Parameter(tf.scalar(1));
    this.pe = new StateBuffer(functional.sinusoidalTable(places, width), { persistent: false });
    this.dropout = new Dropout(dropout, { generator });
  }

  /** x [N, L, width], the first at place `offset`. @throws InvalidArgumentError beyond the last place */
  forward(x: tf.Tensor, offset = 0): tf.Tensor {
    const [places, width] = this.pe.shape as [number, number];
    const length = x.shape[1]!;
    check(
      offset + length <= places,
      () => `SpeechT5 has ${places} places, not ${offset + length}: shorten the input or raise max_*_positions`,
    );
    return scope(() => {
      const rows = tf.slice(this.pe.value, [offset, 0], [length, width]);
      return this.dropout.forward(tf.add(x, tf.mul(this.alpha.value, rows)));
    });
  }
}

/** A learned vector for each distance between two places (Shaw et al. 2018, arXiv:1803.02155); far ones share the last. */
export class RelativePositions extends Module {
  readonly pe_k: Embedding;
  readonly #reach: number;

  constructor(headDim: number, reach: number, generator?: Generator) {
    super();
    this.pe_k = new Embedding(2 * reach, headDim, { generator });
    this.#reach = reach;
  }

  /** What is to be added to the scores: queries [N, heads, L, headDim] to [N, heads, L, L]. */
  scoreBias(queries: tf.Tensor): tf.Tensor {
    const length = queries.shape[2]!;
    const reach = this.#reach;
    return scope(() => {
      // from the farthest key on the left to that on the right: distances count from the key to the query
      const rows = Int32Array.from(
        { length: 2 * length - 1 },
        (_, i) => Math.max(-reach, Math.min(reach - 1, length - 1 - i)) + reach,
      );
      const keys = this.pe_k.forward(tf.tensor1d(rows, 'int32'));
      const [n, heads, , features] = queries.shape as [number, number, number, number];
      const flat = tf.reshape(queries, [n * heads * length, features]);
      const byDistance = tf.matMul(flat, keys as tf.Tensor2D, false, true);
      return functional.relativeShift(tf.reshape(byDistance, [n, heads, length, 2 * length - 1]));
    });
  }
}
