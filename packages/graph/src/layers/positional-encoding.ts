import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, StateBuffer } from '@hourglass/core';

export interface PositionalEncodingOptions {
  /** The lowest frequency; the highest is 1. Default 1e-4. */
  readonly baseFreq?: number;
  /** Positions are divided by it. Default 1. */
  readonly granularity?: number;
}

/** Sines, then cosines, of a position at several frequencies (Vaswani et al. 2017, arXiv:1706.03762). */
export class PositionalEncoding extends Module {
  /** [outChannels / 2] */
  readonly frequency: StateBuffer;
  readonly #granularity: number;

  /** @param outChannels even */
  constructor(
    readonly outChannels: number,
    options: PositionalEncodingOptions = {},
  ) {
    super();
    check(
      Number.isInteger(outChannels) && outChannels > 0 && outChannels % 2 === 0,
      () => `PositionalEncoding: outChannels must be even and positive, got ${outChannels}`,
    );
    const { baseFreq = 1e-4, granularity = 1 } = options;
    const half = outChannels / 2;
    this.frequency = new StateBuffer(
      tf.tensor1d(Array.from({ length: half }, (_, i) => baseFreq ** (i / Math.max(half - 1, 1)))),
    );
    this.#granularity = granularity;
  }

  /**
   * @param x float32 [n]: positions
   * @returns float32 [n, outChannels]
   */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const column = tf.reshape(tf.div(x, this.#granularity), [x.size, 1]);
      const angle = tf.mul(column, tf.expandDims(this.frequency.value, 0));
      return tf.concat([tf.sin(angle), tf.cos(angle)], -1);
    });
  }
}
