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
