import * as tf from '@tensorflow/tfjs-core';
import { functional, InvalidArgumentError, scope } from '@hourglass/core';

export interface FramedSpectrum {
  readonly frameLength: number;
  readonly hopLength: number;
  /** Frames are padded with zeros at their end to this. */
  readonly fftLength: number;
  /** [frameLength] */
  readonly window: tf.Tensor;
  /** Mirrors half a frame at each end first. */
  readonly center: boolean;
}

/** Power spectrum [frames, fftLength / 2 + 1] of one signal x [time], framed as transformers' `audio_utils.spectrogram` does. */
export function powerSpectrum(x: tf.Tensor, options: FramedSpectrum): tf.Tensor {
  const { frameLength, hopLength, fftLength, window, center } = options;
  return scope(() => {
    const padded = center ? reflectEnds(x, Math.floor(frameLength / 2)) : tf.expandDims(x, 0);
    const cut = tf.mul(functional.frames(padded, frameLength, hopLength), window);
    return tf.squeeze(tf.sum(tf.square(functional.rfft(cut, { n: fftLength })), -1), [0]);
  });
}

/** x [time] mirrored at its ends: [1, time + 2 by]. */
export function reflectEnds(x: tf.Tensor, by: number): tf.Tensor {
  return scope(() => tf.squeeze(functional.pad(tf.reshape(x, [1, -1, 1]), [[by, by]], { mode: 'reflect' }), [2]));
}

/** A window by its name in transformers' `window_function`. */
export function namedWindow(name: string, length: number, periodic: boolean): tf.Tensor {
  return scope(() => {
    switch (name.replace(/_window$/, '')) {
      case 'boxcar':
        return tf.ones([length]);
      case 'hamming':
        return functional.hammingWindow(length, { periodic });
      case 'hann':
        return functional.hannWindow(length, { periodic });
      case 'povey':
        return tf.pow(functional.hannWindow(length, { periodic }), 0.85);
      default:
        throw new InvalidArgumentError(`unknown window '${name}'; there are boxcar, hamming, hann and povey`);
    }
  });
}

/** The least power of two that holds `length` values. */
export function powerOfTwo(length: number): number {
  return 2 ** Math.ceil(Math.log2(length));
}
