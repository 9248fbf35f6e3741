import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope, StateBuffer } from '@hourglass/core';
import { filterBank, type FilterBankOptions } from './filter-banks.js';
import { leastNorm } from './least-norm.js';
import { frameSettings, Spectrogram, type SpectrogramOptions } from './spectrogram.js';

export interface MelScaleOptions extends FilterBankOptions {
  /** Default 16000. */
  readonly sampleRate?: number;
  /** Number of filters. Default 128. */
  readonly nMels?: number;
  /** Number of frequencies of the spectrogram. Default 201. */
  readonly nStft?: number;
}

/** The frequencies of a spectrogram gathered by mel filters. Differentiable. */
export class MelScale extends Module {
  readonly fb: StateBuffer;

  constructor({ sampleRate = 16000, nMels = 128, nStft = 201, ...options }: MelScaleOptions = {}) {
    super();
    this.fb = new StateBuffer(filterBank(nStft, nMels, sampleRate, options), { persistent: false });
  }

  /** x [N, frames, frequencies] (or any axes before) to [N, frames, nMels]; [N, frames, frequencies, channels] has them last. */
  forward(x: tf.Tensor): tf.Tensor {
    return overFrequencies(x, (x) => functional.linear(x, this.fb.value));
  }
}

/** Applies `map` to the axis of frequencies, which comes before that of channels where there are four. */
export function overFrequencies(x: tf.Tensor, map: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (x.rank !== 4) return map(x);
  const swap = [0, 1, 3, 2];
  return scope(() => tf.transpose(map(tf.transpose(x, swap)), swap));
}

/** The spectrogram of least norm with given mel values, negative ones made 0. Differentiable. */
export class InverseMelScale extends Module {
  readonly inverse: StateBuffer;

  /** @throws InvalidArgumentError when filters are empty or depend on each other */
  constructor({ sampleRate = 16000, nMels = 128, nStft = 201, ...options }: MelScaleOptions = {}) {
    super();
    const values = scope(() => filterBank(nStft, nMels, sampleRate, options).dataSync<'float32'>());
    this.inverse = new StateBuffer(leastNorm(values, nStft, nMels), { persistent: false });
  }

  /** x [N, frames, nMels] to [N, frames, frequencies]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.relu(overFrequencies(x, (x) => functional.linear(x, this.inverse.value))));
  }
}

export interface MelSpectrogramOptions extends SpectrogramOptions, Omit<MelScaleOptions, 'nStft'> {
  readonly power?: number;
}

/** Mel spectrogram of a signal; torchaudio's, with time before frequency. Differentiable. */
export class MelSpectrogram extends Module {
  readonly spectrogram: Spectrogram;
  readonly mel_scale: MelScale;
  readonly #nMels: number;

  constructor(options: MelSpectrogramOptions = {}) {
    super();
    const { sampleRate = 16000, nMels = 128, fMin, fMax, norm, scale, ...rest } = options;
    this.#nMels = nMels;
    this.spectrogram = new Spectrogram(rest);
    const nStft = Math.floor(frameSettings(options).nFft / 2) + 1;
    this.mel_scale = new MelScale({ sampleRate, nMels, nStft, ...given({ fMin, fMax, norm, scale }) });
  }

  get nMels(): number {
    return this.#nMels;
  }

  /** x [N, time], [time] or [N, time, channels] to [N, frames, nMels], with channels last where x has them. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.mel_scale.forward(this.spectrogram.forward(x)));
  }
}

/** Those of the options that are given: undefined would hide a default. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
