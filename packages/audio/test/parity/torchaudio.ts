import * as tf from '@tensorflow/tfjs-core';
import { metrics, type Module } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';
import * as audio from '@hourglass/audio';

type Args = ParityCase['args'];
type Inputs = Readonly<NamedTensors>;

/** The reference has frequencies before frames. */
const swap = (x: tf.Tensor): tf.Tensor => {
  const order = [...x.shape.keys()];
  order.push(...order.splice(-2).reverse());
  return tf.transpose(x, order);
};

/** Names that differ by more than their writing. */
const renamed: Readonly<Record<string, string>> = {
  n_fft: 'nFft',
  window_fn: 'window',
  wkwargs: 'windowOptions',
  mel_scale: 'scale',
  stype: 'of',
  n_iter: 'iterations',
  rand_init: 'randomStart',
  resampling_method: 'window',
  fade_in_len: 'fadeIn',
  fade_out_len: 'fadeOut',
  fade_shape: 'shape',
  cmn_window: 'window',
  min_cmn_window: 'minWindow',
  log_mels: 'log',
  log_lf: 'log',
  melkwargs: 'mel',
  speckwargs: 'spectrogram',
};

/** snake_case arguments of the reference as our options. */
function optionsOf(args: Args): Record<string, never> {
  const entries = Object.entries(args).map(([name, value]) => {
    const key = renamed[name] ?? name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [key, optionsOf(value as Args)];
    const plain = typeof value === 'string' ? value.replace(/^torch\./, '').replace(/_window$/, '') : value;
    return [key, typeof plain === 'string' ? plain.replace('sinc_interp_', '') : plain];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Record<string, never>;
}

/** Options without those that are null, which stand for defaults; a power of null does not. */
function withoutNulls(options: Record<string, never>): Record<string, never> {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== null || key === 'power' || key === 'norm'),
  ) as Record<string, never>;
}

/** A transform with state: freed when its case has run. */
function transform<M extends Module>(
  make: (options: Record<string, never>) => M,
  run: (m: M, x: tf.Tensor) => tf.Tensor,
) {
  return ({ args }: ParityCase): Runnable => {
    const module = make(withoutNulls(optionsOf(args)));
    return { forward: ({ x }) => ({ y: run(module, x!) }), dispose: () => module.dispose() };
  };
}

function operation(run: (inputs: Inputs, options: Record<string, never>, args: Args) => tf.Tensor) {
  return ({ args }: ParityCase): Runnable => ({
    forward: (inputs) => ({ y: run(inputs, withoutNulls(optionsOf(args)), args) }),
  });
}

/** Filters take their numbers in order. */
function filter(run: (x: tf.Tensor, ...numbers: never[]) => tf.Tensor, ...names: readonly string[]) {
  return operation(({ x }, _, args) => run(x!, ...(names.map((name) => args[name] ?? undefined) as never[])));
}

const ops: Record<string, (parityCase: ParityCase) => Runnable> = {
  Spectrogram: transform(
    (o) => new audio.Spectrogram(o),
    (m, x) => {
      const y = m.forward(x);
      return y.rank === 4 ? tf.transpose(y, [0, 2, 1, 3]) : swap(y);
    },
  ),
  MelSpectrogram: transform(
    (o) => new audio.MelSpectrogram(o),
    (m, x) => swap(m.forward(x)),
  ),
  MelScale: transform(
    (o) => new audio.MelScale(o),
    (m, x) => swap(m.forward(swap(x))),
  ),
  InverseMelScale: transform(
    (o) => new audio.InverseMelScale(o),
    (m, x) => swap(m.forward(swap(x))),
  ),
  MFCC: transform(
    (o) => new audio.MFCC(o),
    (m, x) => swap(m.forward(x)),
  ),
  LFCC: transform(
    (o) => new audio.LFCC(o),
    (m, x) => swap(m.forward(x)),
  ),
  InverseSpectrogram: ({ args }) => {
    const module = new audio.InverseSpectrogram(withoutNulls(optionsOf(args)));
    const length = (args['length'] ?? undefined) as number | undefined;
    const timeFirst = (z: tf.Tensor): tf.Tensor => tf.transpose(z, [0, 2, 1, 3]);
    return { forward: ({ x }) => ({ y: module.forward(timeFirst(x!), length) }), dispose: () => module.dispose() };
  },
  TimeStretch: operation(({ x }, _, args) => {
    const order = [0, 2, 1, 3];
    const hop = (args['hop_length'] ?? undefined) as number | undefined;
    return tf.transpose(audio.timeStretch(tf.transpose(x!, order), args['fixed_rate'] as number, hop), order);
  }),
  GriffinLim: transform(
    (o) => new audio.GriffinLim(o),
    (m, x) => m.forward(swap(x)),
  ),
  AmplitudeToDB: operation(({ x }, o) => swap(audio.amplitudeToDb(swap(x!), o))),
  SpectralCentroid: operation(({ x }, o, args) => audio.spectralCentroid(x!, args['sample_rate'] as number, o)),
  ComputeDeltas: operation(({ x }, o) => swap(audio.computeDeltas(swap(x!), o))),
  SlidingWindowCmn: operation(({ x }, o) => audio.slidingWindowCmn(x!, o)),
  Resample: operation(({ x }, o, args) =>
    audio.resample(x!, args['orig_freq'] as number, args['new_freq'] as number, o),
  ),
  PitchShift: operation(({ x }, o, args) =>
    audio.pitchShift(x!, args['sample_rate'] as number, args['n_steps'] as number, o),
  ),
  Fade: operation(({ x }, o) => audio.fade(x!, o)),
  Vol: filter(audio.changeVolume, 'gain', 'gain_type'),
  Loudness: operation(({ x }, _, args) => audio.loudness(tf.transpose(x!, [0, 2, 1]), args['sample_rate'] as number)),
  MuLawEncoding: filter(audio.muLawEncode, 'quantization_channels'),
  MuLawDecoding: filter(audio.muLawDecode, 'quantization_channels'),
  Preemphasis: filter(audio.preemphasis, 'coeff'),
  Deemphasis: filter(audio.deemphasis, 'coeff'),
  Convolve: operation(({ x, y }, _, { mode }) => audio.convolve(x!, y!, (mode ?? 'full') as audio.ConvolveMode)),
  FFTConvolve: operation(({ x, y }, _, { mode }) => audio.convolve(x!, y!, (mode ?? 'full') as audio.ConvolveMode)),
  'functional.lowpass_biquad': filter(audio.lowpassBiquad, 'sample_rate', 'cutoff_freq', 'Q'),
  'functional.highpass_biquad': filter(audio.highpassBiquad, 'sample_rate', 'cutoff_freq', 'Q'),
  'functional.bandpass_biquad': filter(audio.bandpassBiquad, 'sample_rate', 'central_freq', 'Q', 'const_skirt_gain'),
  'functional.bandreject_biquad': filter(audio.bandrejectBiquad, 'sample_rate', 'central_freq', 'Q'),
  'functional.band_biquad': filter(audio.bandBiquad, 'sample_rate', 'central_freq', 'Q', 'noise'),
  'functional.allpass_biquad': filter(audio.allpassBiquad, 'sample_rate', 'central_freq', 'Q'),
  'functional.equalizer_biquad': filter(audio.equalizerBiquad, 'sample_rate', 'center_freq', 'gain', 'Q'),
  'functional.bass_biquad': filter(audio.bassBiquad, 'sample_rate', 'gain', 'central_freq', 'Q'),
  'functional.treble_biquad': filter(audio.trebleBiquad, 'sample_rate', 'gain', 'central_freq', 'Q'),
  'functional.melscale_fbanks': operation((_, o, args) =>
    audio.filterBank(args['n_freqs'] as number, args['n_mels'] as number, args['sample_rate'] as number, o),
  ),
  'functional.linear_fbanks': operation((_, o, args) =>
    audio.filterBank(args['n_freqs'] as number, args['n_filter'] as number, args['sample_rate'] as number, {
      ...o,
      scale: 'linear',
    }),
  ),
  'functional.create_dct': operation((_, __, { n_mfcc, n_mels, norm }) =>
    audio.cosineTransform(n_mfcc as number, n_mels as number, norm as 'ortho' | null),
  ),
  'functional.lfilter': ({ args, inputs }) => {
    // the filter is no variable here: the reference's gradients of it are not in the golden files
    const [a, b] = [inputs['a']!.dataSync(), inputs['b']!.dataSync()];
    return { forward: ({ x }) => ({ y: audio.lfilter(x!, a, b, { clamp: args['clamp'] !== false }) }) };
  },
  'functional.rnnt_loss': operation(({ logits, targets, tl, ul }, o) => audio.rnntLoss(logits!, targets!, tl!, ul!, o)),
  'functional.edit_distance': ({ inputs }) => {
    const [a, b] = [inputs['a']!.dataSync(), inputs['b']!.dataSync()];
    return { forward: () => ({ y: tf.scalar(metrics.editDistance(a, b).distance, 'int32') }) };
  },
  'kaldi.fbank': operation(({ x }, o) => audio.kaldiFbank(tf.squeeze(x!, [0]), o)),
  'kaldi.mfcc': operation(({ x }, o) => audio.kaldiMfcc(tf.squeeze(x!, [0]), o)),
};

/** Functions of the same names and arguments as the classes. */
const functions: Record<string, string> = {
  mu_law_encoding: 'MuLawEncoding',
  mu_law_decoding: 'MuLawDecoding',
  convolve: 'Convolve',
  fftconvolve: 'FFTConvolve',
  resample: 'Resample',
  compute_deltas: 'ComputeDeltas',
  sliding_window_cmn: 'SlidingWindowCmn',
  preemphasis: 'Preemphasis',
  deemphasis: 'Deemphasis',
  loudness: 'Loudness',
  pitch_shift: 'PitchShift',
};
for (const [name, of] of Object.entries(functions)) ops[`functional.${name}`] = ops[of]!;

/** torchaudio's transforms and functions. */
export const adapters: ParityAdapter[] = [{ ...opAdapter(ops), library: 'torchaudio' }];
