import * as tf from '@tensorflow/tfjs-core';
import { Parameter, scope, StateBuffer } from '@hourglass/core';
import { Filterbank, type FilterbankOptions } from './filterbank.js';

export interface ParamSincOptions extends FilterbankOptions {
  /** Hz. Default 50. */
  readonly minLowHz?: number | undefined;
  /** Hz. Default 50. */
  readonly minBandHz?: number | undefined;
}

/**
 * Band-pass filters of which the edges are learned (SincNet, Ravanelli and Bengio 2018, arXiv:1808.00158), with a sine beside every cosine (Pariente
 * et al. 2020, arXiv:1910.10400). Filters are of odd length: an even one grows by one.
 */
export class ParamSincFB extends Filterbank {
  /** Hz, [filters / 2, 1]; the lower edges less `minLowHz`. */
  readonly low_hz_: Parameter;
  /** Hz, [filters / 2, 1]; the bandwidths less `minBandHz`. */
  readonly band_hz_: Parameter;
  /** The first half of a Hamming window. */
  readonly window_: StateBuffer;
  /** Angle of 1 Hz at the samples before the middle, [1, kernel / 2]. */
  readonly n_: StateBuffer;
  readonly minLowHz: number;
  readonly minBandHz: number;

  constructor(options: ParamSincOptions) {
    const { kernelSize } = options;
    super({ ...options, kernelSize: kernelSize % 2 === 0 ? kernelSize + 1 : kernelSize });
    const { minLowHz = 50, minBandHz = 50 } = options;
    this.minLowHz = minLowHz;
    this.minBandHz = minBandHz;
    const count = Math.floor(this.nFilters / 2);
    const half = Math.floor(this.kernelSize / 2);
    const mel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
    const [from, to] = [mel(30), mel(this.sampleRate / 2 - (minLowHz + minBandHz))];
    const edges = Array.from(
      { length: count + 1 },
      (_, i) => 700 * (10 ** ((from + ((to - from) * i) / count) / 2595) - 1),
    );
    this.low_hz_ = new Parameter(tf.tensor2d(edges.slice(0, -1), [count, 1]));
    this.band_hz_ = new Parameter(
      tf.tensor2d(
        edges.slice(1).map((edge, i) => edge - edges[i]!),
        [count, 1],
      ),
    );
    this.window_ = new StateBuffer(
      tf.tensor1d(
        Array.from({ length: half }, (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (this.kernelSize - 1))),
      ),
    );
    this.n_ = new StateBuffer(
      tf.tensor2d(
        Array.from({ length: half }, (_, i) => (2 * Math.PI * (i - half)) / this.sampleRate),
        [1, half],
      ),
    );
  }

  override get nFeatsOut(): number {
    return 2 * Math.floor(this.nFilters / 2);
  }

  filters(): tf.Tensor {
    return scope(() => {
      const low = tf.add(tf.abs(this.low_hz_.value), this.minLowHz);
      const wide = tf.add(tf.add(low, this.minBandHz), tf.abs(this.band_hz_.value));
      // an edge at the end of the range, where the last one starts, gets no gradient, as in torch
      const most = this.sampleRate / 2;
      const high = tf.where(tf.less(wide, most), wide, tf.fill(wide.shape, most));
      const band = tf.sub(high, low);
      const n = this.n_.value;
      const [angleLow, angleHigh] = [tf.mul(low, n), tf.mul(high, n)];
      const shaped = (left: tf.Tensor): tf.Tensor => tf.mul(tf.div(left, tf.div(n, 2)), this.window_.value);
      const even = shaped(tf.sub(tf.sin(angleHigh), tf.sin(angleLow)));
      const odd = shaped(tf.sub(tf.cos(angleLow), tf.cos(angleHigh)));
      const scaled = (filter: tf.Tensor): tf.Tensor => tf.div(filter, tf.mul(band, 2));
      const rows = tf.concat([
        scaled(tf.concat([even, tf.mul(band, 2), tf.reverse(even, 1)], 1)),
        scaled(tf.concat([odd, tf.zerosLike(band), tf.neg(tf.reverse(odd, 1))], 1)),
      ]);
      return tf.expandDims(tf.transpose(rows), 1);
    });
  }
}
