import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, StateBuffer } from '@hourglass/core';
import { timeRows } from './time-rows.js';
import { makeWindow, type WindowArguments, type WindowName } from './windows.js';

/** How frames are cut; the defaults are torchaudio's. */
export interface FrameOptions {
  /** Length of the transforms. Default 400. */
  readonly nFft?: number;
  /** Length of the window. Default nFft. */
  readonly winLength?: number;
  /** Distance of the frames. Default half the window. */
  readonly hopLength?: number;
  /** Default 'hann'. */
  readonly window?: WindowName;
  readonly windowOptions?: WindowArguments;
}

export interface SpectrumOptions extends FrameOptions {
  /** Zeros before and after the signal. Default 0. */
  readonly pad?: number;
  /** Divide by the root of the window's energy (true, 'window') or of the frame's length. Default false. */
  readonly normalized?: boolean | 'window' | 'frame_length';
  /** Frames are centred on their place. Default true. */
  readonly center?: boolean;
  /** How `center` pads. Default 'reflect'. */
  readonly padMode?: functional.StftOptions['padMode'];
  /** Frequencies up to half the sample rate only. Default true. */
  readonly onesided?: boolean;
}

export interface SpectrogramOptions extends SpectrumOptions {
  /** Exponent of the magnitude: 2 (default) for power, 1 for magnitude, null for the complex numbers. */
  readonly power?: number | null;
}

/** Options with their defaults. */
export function frameSettings(options: FrameOptions): { nFft: number; winLength: number; hopLength: number } {
  const { nFft = 400 } = options;
  const { winLength = nFft } = options;
  const { hopLength = Math.floor(winLength / 2) } = options;
  return { nFft, winLength, hopLength };
}

/** The window of these options, out of checkpoints. */
export function windowBuffer(options: FrameOptions): StateBuffer {
  const { winLength } = frameSettings(options);
  const window = makeWindow(options.window ?? 'hann', winLength, options.windowOptions);
  return new StateBuffer(window, { persistent: false });
}

/** √(re² + im²) of complex z [..., 2]; its gradient at 0 is 0. */
export function magnitude(z: tf.Tensor): tf.Tensor {
  return scope(() => safeSqrt(tf.sum(tf.square(z), -1)));
}

/** Square root whose gradient at 0 is 0, not infinite. */
export function safeSqrt(x: tf.Tensor): tf.Tensor {
  return scope(() => {
    const positive = tf.greater(x, 0);
    return tf.where(positive, tf.sqrt(tf.where(positive, x, tf.onesLike(x))), tf.zerosLike(x));
  });
}

/** Spectrogram of a signal; torchaudio's, with time before frequency. Differentiable. */
export class Spectrogram extends Module {
  readonly window: StateBuffer;
  readonly #options: SpectrogramOptions;

  constructor(options: SpectrogramOptions = {}) {
    super();
    this.#options = options;
    this.window = windowBuffer(options);
  }

  /**
   * @param x float32 [N, time], [time] or [N, time, channels]
   * @returns [N, frames, frequencies], with channels last where x has them; for power null with a last axis (re, im)
   */
  forward(x: tf.Tensor): tf.Tensor {
    return spectrogram(x, this.window.value, this.#options);
  }
}

/** The spectrogram that {@link Spectrogram} makes, with a window [winLength]. */
export function spectrogram(x: tf.Tensor, window: tf.Tensor, options: SpectrogramOptions): tf.Tensor {
  const { pad = 0, power = 2, normalized = false, center = true, padMode = 'reflect', onesided = true } = options;
  return scope(() => {
    const { rows, restore } = timeRows('Spectrogram', x);
    const padded =
      pad > 0
        ? tf.pad(rows, [
            [0, 0],
            [pad, pad],
          ])
        : rows;
    const raw = functional.stft(padded, {
      ...frameSettings(options),
      window,
      center,
      padMode,
      onesided,
      normalized: normalized === 'frame_length',
    });
    const byWindow = normalized === true || normalized === 'window';
    const z = byWindow ? tf.div(raw, tf.sqrt(tf.sum(tf.square(window)))) : raw;
    if (power === null) return restore(z, 1);
    if (power === 2) return restore(tf.sum(tf.square(z), -1));
    return restore(power === 1 ? magnitude(z) : tf.pow(magnitude(z), power));
  });
}

/** Signal of a complex spectrogram: the inverse of {@link Spectrogram} with power null. Differentiable. */
export class InverseSpectrogram extends Module {
  readonly window: StateBuffer;
  readonly #options: SpectrumOptions;

  constructor(options: SpectrumOptions = {}) {
    super();
    this.#options = options;
    this.window = windowBuffer(options);
  }

  /**
   * @param z float32 [N, frames, frequencies, 2], or without N
   * @param length of the signal; default: what the frames cover
   * @returns [N, time]
   */
  forward(z: tf.Tensor, length?: number): tf.Tensor {
    const { pad = 0, normalized = false, center = true, onesided = true } = this.#options;
    return scope(() => {
      const window = this.window.value;
      const byWindow = normalized === true || normalized === 'window';
      const x = functional.istft(byWindow ? tf.mul(z, tf.sqrt(tf.sum(tf.square(window)))) : z, {
        ...frameSettings(this.#options),
        window,
        center,
        onesided,
        normalized: normalized === 'frame_length',
        ...(length === undefined ? {} : { length: length + 2 * pad }),
      });
      if (length === undefined || pad === 0) return x;
      return x.rank === 2 ? tf.slice(x, [0, pad], [-1, length]) : tf.slice(x, [pad], [length]);
    });
  }
}
