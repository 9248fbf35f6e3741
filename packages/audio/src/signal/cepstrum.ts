import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, scope, StateBuffer } from '@hourglass/core';
import { amplitudeToDb } from './decibels.js';
import { cosineTransform, filterBank } from './filter-banks.js';
import { MelSpectrogram, overFrequencies, type MelSpectrogramOptions } from './mel.js';
import { frameSettings, Spectrogram, type SpectrogramOptions } from './spectrogram.js';

interface CepstrumOptions {
  /** Default 16000. */
  readonly sampleRate?: number;
  /** Of the cosine transform. Default 'ortho'. */
  readonly norm?: 'ortho' | null;
  /** log(x + 1e-6) in place of decibels, of which nothing lies more than 80 below the largest. Default false. */
  readonly log?: boolean;
}

export interface MFCCOptions extends CepstrumOptions {
  /** Number of coefficients. Default 40. */
  readonly nMfcc?: number;
  readonly mel?: MelSpectrogramOptions;
}

/** Mel-frequency cepstral coefficients (Davis and Mermelstein 1980); torchaudio's, with time before coefficients. Differentiable. */
export class MFCC extends Module {
  readonly MelSpectrogram: MelSpectrogram;
  readonly dct_mat: StateBuffer;
  readonly #log: boolean;

  /** @throws InvalidArgumentError for more coefficients than mel filters */
  constructor({ sampleRate = 16000, nMfcc = 40, norm = 'ortho', log = false, mel = {} }: MFCCOptions = {}) {
    super();
    this.MelSpectrogram = new MelSpectrogram({ ...mel, sampleRate });
    const { nMels } = this.MelSpectrogram;
    check(nMfcc <= nMels, `MFCC: ${nMfcc} coefficients of ${nMels} mel filters`);
    this.dct_mat = new StateBuffer(cosineTransform(nMfcc, nMels, norm), { persistent: false });
    this.#log = log;
  }

  /** x [N, time], [time] or [N, time, channels] to [N, frames, nMfcc], with channels last where x has them. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => cepstrum(this.MelSpectrogram.forward(x), this.dct_mat.value, this.#log));
  }
}

export interface LFCCOptions extends CepstrumOptions {
  /** Number of filters. Default 128. */
  readonly nFilter?: number;
  /** Number of coefficients. Default 40. */
  readonly nLfcc?: number;
  readonly fMin?: number;
  readonly fMax?: number;
  readonly spectrogram?: SpectrogramOptions;
}

/** As {@link MFCC}, with filters evenly spaced in hertz. */
export class LFCC extends Module {
  readonly Spectrogram: Spectrogram;
  readonly filter_mat: StateBuffer;
  readonly dct_mat: StateBuffer;
  readonly #log: boolean;

  constructor(options: LFCCOptions = {}) {
    super();
    const { sampleRate = 16000, nFilter = 128, nLfcc = 40, norm = 'ortho', log = false, spectrogram = {} } = options;
    const { nFft } = frameSettings(spectrogram);
    check(nLfcc <= nFft, `LFCC: ${nLfcc} coefficients of transforms of ${nFft}`);
    this.Spectrogram = new Spectrogram(spectrogram);
    const { fMin = 0, fMax = Math.floor(sampleRate / 2) } = options;
    const bank = filterBank(Math.floor(nFft / 2) + 1, nFilter, sampleRate, { fMin, fMax, scale: 'linear' });
    this.filter_mat = new StateBuffer(bank, { persistent: false });
    this.dct_mat = new StateBuffer(cosineTransform(nLfcc, nFilter, norm), { persistent: false });
    this.#log = log;
  }

  /** x [N, time], [time] or [N, time, channels] to [N, frames, nLfcc], with channels last where x has them. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const power = this.Spectrogram.forward(x);
      const filtered = overFrequencies(power, (x) => functional.linear(x, this.filter_mat.value));
      return cepstrum(filtered, this.dct_mat.value, this.#log);
    });
  }
}

function cepstrum(bands: tf.Tensor, transform: tf.Tensor, log: boolean): tf.Tensor {
  const logs = log ? tf.log(tf.add(bands, 1e-6)) : amplitudeToDb(bands, { topDb: 80 });
  return overFrequencies(logs, (x) => functional.linear(x, transform));
}
