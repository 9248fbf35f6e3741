import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  defaultGenerator,
  functional,
  Module,
  scope,
  uniformTensor,
  type Generator,
  type StateBuffer,
} from '@hourglass/core';
import { frameSettings, magnitude, windowBuffer, type FrameOptions } from './spectrogram.js';

export interface GriffinLimOptions extends FrameOptions {
  /** Default 32. */
  readonly iterations?: number;
  /** Exponent of the magnitude in the spectrogram. Default 2. */
  readonly power?: number;
  /** Of the fast variant, from 0 (plain) to below 1. Default 0.99. */
  readonly momentum?: number;
  /** Of the signal; default: what the frames cover. */
  readonly length?: number;
  /** Starts from random phases (default) or from 0. */
  readonly randomStart?: boolean;
  readonly generator?: Generator;
}

/** Signal with a given spectrogram, by going back and forth (Griffin and Lim 1984; Perraudin et al. 2013). */
export class GriffinLim extends Module {
  readonly window: StateBuffer;
  readonly #options: GriffinLimOptions;

  /** @throws InvalidArgumentError for a momentum outside of [0, 1) */
  constructor(options: GriffinLimOptions = {}) {
    super();
    const { momentum = 0.99 } = options;
    check(momentum >= 0 && momentum < 1, `GriffinLim: momentum must lie in [0, 1), got ${momentum}`);
    this.#options = options;
    this.window = windowBuffer(options);
  }

  /**
   * @param x float32 [N, frames, frequencies], or without N
   * @returns [N, time]
   */
  forward(x: tf.Tensor): tf.Tensor {
    const { iterations = 32, power = 2, randomStart = true, length, generator = defaultGenerator() } = this.#options;
    const { momentum = 0.99 } = this.#options;
    const share = momentum / (1 + momentum);
    const options = { ...frameSettings(this.#options), window: this.window.value };
    return scope(() => {
      const wanted = tf.expandDims(tf.pow(x, 1 / power), -1);
      const shape = [...x.shape, 2];
      let phases: tf.Tensor = randomStart ? uniformTensor(shape, 0, 1, generator) : functional.complex(tf.onesLike(x));
      const signal = (): tf.Tensor =>
        functional.istft(tf.mul(wanted, phases), { ...options, ...(length === undefined ? {} : { length }) });
      let before: tf.Tensor | null = null;
      for (let i = 0; i < iterations; i++) {
        const rebuilt = functional.stft(signal(), options);
        const moved: tf.Tensor = before === null || share === 0 ? rebuilt : tf.sub(rebuilt, tf.mul(before, share));
        phases = tf.div(moved, tf.expandDims(tf.add(magnitude(moved), 1e-16), -1));
        before = rebuilt;
      }
      return signal();
    });
  }
}
