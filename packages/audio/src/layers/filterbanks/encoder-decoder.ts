import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, scope, UnsupportedError, type Generator } from '@hourglass/core';
import type { Filterbank, FilterbankOptions } from './filterbank.js';
import { AnalyticFreeFB, FreeFB } from './free.js';
import { MultiphaseGammatoneFB } from './multiphase-gammatone.js';
import { ParamSincFB, type ParamSincOptions } from './param-sinc.js';
import { STFTFB, TorchSTFTFB, type TorchSTFTOptions } from './stft.js';

/** What encoder and decoder of asteroid's models are made of; names of the filterbanks are asteroid's too. */
export interface EncoderDecoderOptions extends FilterbankOptions, TorchSTFTOptions, ParamSincOptions {
  /** `free` (default), `analytic_free`, `param_sinc`, `stft`, `torch_stft`, `multiphase_gammatone` (`mpgtf`). */
  readonly fbName?: string | undefined;
  /** Which of the two uses the pseudo-inverse of the other's filters: 'encoder', 'decoder', or neither (default). */
  readonly whoIsPinv?: string | null | undefined;
}

const makers: Readonly<Record<string, (options: EncoderDecoderOptions, generator?: Generator) => Filterbank>> = {
  free: (options, generator) => new FreeFB(options, generator),
  analytic_free: (options, generator) => new AnalyticFreeFB(options, generator),
  param_sinc: (options) => new ParamSincFB(options),
  stft: (options) => new STFTFB(options),
  torch_stft: (options) => new TorchSTFTFB(options),
  multiphase_gammatone: (options) => new MultiphaseGammatoneFB(options),
};

/** asteroid's class names, which its saved configurations have. */
const classNames: Readonly<Record<string, string>> = {
  FreeFB: 'free',
  AnalyticFreeFB: 'analytic_free',
  ParamSincFB: 'param_sinc',
  STFTFB: 'stft',
  TorchSTFTFB: 'torch_stft',
  MultiphaseGammatoneFB: 'multiphase_gammatone',
  mpgtf: 'multiphase_gammatone',
};

function makeFilterbank(options: EncoderDecoderOptions, generator?: Generator): Filterbank {
  const { fbName = 'free' } = options;
  const name = Object.hasOwn(classNames, fbName) ? classNames[fbName]! : fbName;
  if (!Object.hasOwn(makers, name))
    throw new UnsupportedError(`there is no filterbank '${fbName}'; there are ${Object.keys(makers).join(', ')}`);
  return makers[name]!(options, generator);
}

/** Sound [N, time, 1] to frames [N, frames, features]. */
export class FilterbankEncoder extends Module {
  constructor(
    readonly filterbank: Filterbank,
    /** Zeros on both sides. */
    readonly padding = 0,
    readonly isPinv = false,
  ) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { filterbank, padding } = this;
    return scope(() => {
      const filters = filtersOf(filterbank, this.isPinv);
      const sound = filterbank.beforeAnalysis(x);
      check(
        sound.shape[1]! + 2 * padding >= filterbank.kernelSize,
        () => `a sound of ${x.shape[1]} samples is shorter than the filters, ${filterbank.kernelSize} samples`,
      );
      return filterbank.afterAnalysis(functional.conv1d(sound, filters, null, { stride: filterbank.stride, padding }));
    });
  }
}

/** Frames [N, frames, features] to sound [N, time, 1]. */
export class FilterbankDecoder extends Module {
  constructor(
    readonly filterbank: Filterbank,
    readonly padding = 0,
    readonly outputPadding = 0,
    readonly isPinv = false,
  ) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { filterbank, padding, outputPadding } = this;
    return scope(() => {
      const filters = filtersOf(filterbank, this.isPinv);
      const frames = filterbank.beforeSynthesis(x);
      return filterbank.afterSynthesis(
        functional.convTranspose1d(frames, filters, null, { stride: filterbank.stride, padding, outputPadding }),
      );
    });
  }
}

/** [kernel, 1, features]; a convolution and a transposed one with these have the same layout in memory. */
function filtersOf(filterbank: Filterbank, isPinv: boolean): tf.Tensor {
  const filters = filterbank.filters();
  if (!isPinv) return filters;
  const { kernelSize, stride } = filterbank;
  const matrix = tf.transpose(tf.squeeze(filters, [1]));
  // so that frames that overlap add up to the sound
  return tf.expandDims(tf.mul(functional.pinv(matrix, { rcond: 1e-15 }), stride / kernelSize), 1);
}

/** An encoder and a decoder of one kind of filterbank. */
export function makeEncoderDecoder(
  options: EncoderDecoderOptions & { readonly padding?: number; readonly outputPadding?: number },
  generator?: Generator,
): { encoder: FilterbankEncoder; decoder: FilterbankDecoder } {
  const { whoIsPinv = null, padding = 0, outputPadding = 0 } = options;
  const first = makeFilterbank(options, generator);
  // the pseudo-inverse of a filterbank is not padded, as in asteroid
  if (whoIsPinv === 'dec' || whoIsPinv === 'decoder')
    return { encoder: new FilterbankEncoder(first, padding), decoder: new FilterbankDecoder(first, 0, 0, true) };
  if (whoIsPinv === 'enc' || whoIsPinv === 'encoder')
    return {
      encoder: new FilterbankEncoder(first, 0, true),
      decoder: new FilterbankDecoder(first, padding, outputPadding),
    };
  check(whoIsPinv === null, () => `whoIsPinv is 'encoder', 'decoder' or null, not '${whoIsPinv}'`);
  return {
    encoder: new FilterbankEncoder(first, padding),
    decoder: new FilterbankDecoder(makeFilterbank(options, generator), padding, outputPadding),
  };
}

/** An encoder alone. */
export function makeEncoder(options: EncoderDecoderOptions, generator?: Generator): FilterbankEncoder {
  return new FilterbankEncoder(makeFilterbank(options, generator));
}
