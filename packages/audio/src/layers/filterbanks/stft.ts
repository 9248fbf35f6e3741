import * as tf from '@tensorflow/tfjs-core';
import { check, functional, layouts, scope, StateBuffer, UnsupportedError } from '@hourglass/core';
import { Filterbank, type FilterbankOptions } from './filterbank.js';

export interface STFTOptions extends FilterbankOptions {
  /** One value a sample of a filter. Default the square root of Hann's. */
  readonly window?: readonly number[] | null | undefined;
}

/**
 * Short-time Fourier transform as filters: all real parts before all imaginary ones, scaled so that analysis and synthesis with the
 * default window undo each other. More filters than samples pad the frame with zeros.
 */
export class STFTFB extends Filterbank {
  /** Checkpoint [filters + 2, 1, kernel]. */
  readonly _filters: StateBuffer;
  readonly torch_window: StateBuffer;

  constructor(options: STFTOptions) {
    super(options);
    const { nFilters, kernelSize, stride } = this;
    check(
      nFilters >= kernelSize && nFilters % 2 === 0,
      () => `an STFT needs an even number of filters, at least as many as samples (${kernelSize}), got ${nFilters}`,
    );
    const window =
      options.window ??
      Array.from({ length: kernelSize }, (_, i) => Math.sqrt(0.5 - 0.5 * Math.cos((2 * Math.PI * i) / kernelSize)));
    check(
      window.length === kernelSize,
      () => `a window of ${window.length} values for filters of ${kernelSize} samples`,
    );
    const cutoff = nFilters / 2 + 1;
    const scale = 1 / (0.5 * Math.sqrt((kernelSize * nFilters) / stride));
    const left = Math.floor((nFilters - kernelSize) / 2);
    const values = new Float32Array(kernelSize * 2 * cutoff);
    for (let f = 0; f < cutoff; f++) {
      const edge = f === 0 || f === nFilters / 2 ? Math.SQRT1_2 : 1;
      for (let t = 0; t < kernelSize; t++) {
        // of whole turns only the rest counts: keeps the zeros of sine exact enough
        const angle = (-2 * Math.PI * ((f * (t + left)) % nFilters)) / nFilters;
        const gain = window[t]! * scale * edge;
        values[t * 2 * cutoff + f] = Math.cos(angle) * gain;
        // the imaginary part of the last frequency is 0 but for rounding
        values[t * 2 * cutoff + cutoff + f] = Math.sin(angle) * window[t]! * scale;
      }
    }
    this._filters = new StateBuffer(tf.tensor3d(values, [kernelSize, 1, 2 * cutoff]), { layout: layouts.conv1d });
    this.torch_window = new StateBuffer(tf.tensor1d([...window]));
  }

  override get nFeatsOut(): number {
    return this.nFilters + 2;
  }

  filters(): tf.Tensor {
    return this._filters.value;
  }
}

export interface TorchSTFTOptions extends STFTOptions {
  /** Default true. */
  readonly center?: boolean | undefined;
  /** Default 'reflect'. */
  readonly padMode?: string | undefined;
  readonly normalized?: boolean | undefined;
  readonly onesided?: boolean | undefined;
}

/** {@link STFTFB} with the scales, the centring and the inverse of torch's `stft` and `istft`. */
export class TorchSTFTFB extends STFTFB {
  readonly center: boolean;
  readonly padMode: 'reflect' | 'constant' | 'replicate' | 'circular';

  constructor(options: TorchSTFTOptions) {
    super(options);
    const { center = true, padMode = 'reflect', normalized = false, onesided = true } = options;
    if (this.nFilters !== this.kernelSize || normalized || !onesided)
      throw new UnsupportedError('torch_stft takes as many filters as samples, normalized false and onesided true');
    check(
      padMode === 'reflect' || padMode === 'constant' || padMode === 'replicate' || padMode === 'circular',
      () => `torch_stft: there is no pad_mode '${padMode}'`,
    );
    this.center = center;
    this.padMode = padMode;
  }

  /** √2 at the frequencies that {@link STFTFB} makes weaker. */
  #edges(): tf.Tensor {
    const cutoff = this.nFilters / 2 + 1;
    return tf.tensor1d(
      Array.from({ length: 2 * cutoff }, (_, i) => (i === 0 || i === this.nFilters / 2 ? Math.SQRT2 : 1)),
    );
  }

  override beforeAnalysis(x: tf.Tensor): tf.Tensor {
    if (!this.center) return x;
    const half = Math.floor(this.kernelSize / 2);
    return functional.pad(x, [[half, half]], { mode: this.padMode });
  }

  override afterAnalysis(x: tf.Tensor): tf.Tensor {
    return tf.mul(x, tf.mul(this.#edges(), 0.5 * Math.sqrt((this.kernelSize * this.nFilters) / this.stride)));
  }

  override beforeSynthesis(x: tf.Tensor): tf.Tensor {
    return tf.div(x, tf.mul(this.#edges(), Math.sqrt((this.stride * this.nFilters) / this.kernelSize)));
  }

  override afterSynthesis(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const length = x.shape[1]!;
      const frames = 1 + Math.floor((length - this.kernelSize) / this.stride);
      const squares = tf.tile(tf.reshape(tf.square(this.torch_window.value), [1, 1, -1]), [1, frames, 1]);
      const covered = functional.overlapAdd(squares, this.stride);
      const envelope = tf.pad(covered, [
        [0, 0],
        [0, length - covered.shape[1]!],
      ]);
      // where no window reaches, the sound stays as it is
      const weights = tf.where(tf.less(tf.abs(envelope), 1e-11), tf.onesLike(envelope), envelope);
      const start = this.center ? Math.floor(this.kernelSize / 2) : 0;
      return tf.slice(tf.div(x, tf.expandDims(weights, 2)), [0, start, 0], [-1, -1, -1]);
    });
  }
}
