import * as tf from '@tensorflow/tfjs-core';
import { check, Module, scope, StateBuffer, type functional } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

export interface QuantileOptions {
  /** What counts as the quantile between two values. Default `linear`. */
  readonly interpolation?: 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';
  /** What a segment without rows gives. Default 0. */
  readonly fillValue?: number;
}

/**
 * Quantiles of each segment, column by column; of several, all columns of one stand beside those of the next. Values are ordered on the host:
 * they are read back from the device.
 */
export class QuantileAggregation extends Module implements Aggregation {
  /** [quantiles, 1] */
  readonly q: StateBuffer;
  readonly #quantiles: readonly number[];
  readonly #interpolation: NonNullable<QuantileOptions['interpolation']>;
  readonly #fillValue: number;

  /** @throws InvalidArgumentError for quantiles outside [0, 1], or none */
  constructor(q: number | readonly number[], options: QuantileOptions = {}) {
    super();
    const { interpolation = 'linear', fillValue = 0 } = options;
    const quantiles = typeof q === 'number' ? [q] : [...q];
    check(
      quantiles.length > 0 && quantiles.every((quantile) => quantile >= 0 && quantile <= 1),
      () => `QuantileAggregation: quantiles lie between 0 and 1, got [${quantiles.join(', ')}]`,
    );
    check(
      ['linear', 'lower', 'higher', 'nearest', 'midpoint'].includes(interpolation),
      () => `QuantileAggregation: unknown interpolation '${interpolation}'`,
    );
    this.q = new StateBuffer(tf.tensor2d(quantiles, [quantiles.length, 1]));
    this.#quantiles = quantiles.map(Math.fround);
    this.#interpolation = interpolation;
    this.#fillValue = fillValue;
  }

  /**
   * @param x float32 [segments.count, …features]
   * @returns float32 [segments.size, …features], the first of them times the number of quantiles
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    const [rows, first, ...rest] = x.shape;
    check(
      first !== undefined && rows === segments.count,
      () => `QuantileAggregation takes [${segments.count}, …features], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const width = rest.reduce((product, size) => product * size, first);
      const count = this.#quantiles.length;
      const { lower, upper, share } = this.#places(x, width, segments);
      const values = tf.concat([tf.reshape(x, [rows * width]), tf.tensor1d([this.#fillValue])]);
      const low = tf.gather(values, lower);
      // low + (high - low) share
      const mixed =
        upper === null ? low : tf.add(low, tf.mul(tf.sub(tf.gather(values, upper), low), tf.tensor1d(share)));
      return tf.reshape(mixed, [segments.size, count * first, ...rest]);
    });
  }

  /** For each segment, column and quantile the two values between which it lies, by their places in x, and how far. */
  #places(
    x: tf.Tensor,
    width: number,
    segments: functional.Segments,
  ): { lower: Int32Array; upper: Int32Array | null; share: Float32Array } {
    const rows = segments.count;
    const values = x.dataSync<'float32'>();
    const { pointer, order } = segments.values;
    const size = segments.size * width * this.#quantiles.length;
    const lower = new Int32Array(size).fill(rows * width);
    const upper = new Int32Array(size).fill(rows * width);
    const share = new Float32Array(size);
    for (let s = 0; s < segments.size; s++) {
      const members = order.slice(pointer[s], pointer[s + 1]);
      if (members.length === 0) continue;
      for (let column = 0; column < width; column++) {
        members.sort((a, b) => values[a * width + column]! - values[b * width + column]!);
        this.#quantiles.forEach((q, i) => {
          const [below, above, fraction] = this.#between(q * (members.length - 1));
          const at = (s * this.#quantiles.length + i) * width + column;
          lower[at] = members[below]! * width + column;
          upper[at] = members[above]! * width + column;
          share[at] = fraction;
        });
      }
    }
    const isOne = ['lower', 'higher', 'nearest'].includes(this.#interpolation);
    return { lower, upper: isOne ? null : upper, share };
  }

  /** The two places around a point of an ascending list, and how far it is from the first. */
  #between(point: number): [below: number, above: number, share: number] {
    const [floor, ceil] = [Math.floor(point), Math.ceil(point)];
    switch (this.#interpolation) {
      case 'lower':
        return [floor, floor, 0];
      case 'higher':
        return [ceil, ceil, 0];
      case 'nearest': {
        // half to even, as torch rounds
        const half = point - floor === 0.5;
        const nearest = half ? (floor % 2 === 0 ? floor : ceil) : Math.round(point);
        return [nearest, nearest, 0];
      }
      case 'midpoint':
        return [floor, ceil, 0.5];
      case 'linear':
        return [floor, ceil, point - floor];
    }
  }
}

/** Median of each segment, column by column; the lower of the two in the middle where there are two. */
export class MedianAggregation extends QuantileAggregation {
  /** @param options.fillValue what a segment without rows gives. Default 0. */
  constructor({ fillValue = 0 }: Pick<QuantileOptions, 'fillValue'> = {}) {
    super(0.5, { interpolation: 'lower', fillValue });
  }
}
