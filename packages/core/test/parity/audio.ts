import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { opAdapter, type NamedTensors, type ParityAdapter } from '@hourglass/core/testing';

type Args = Readonly<Record<string, unknown>>;
type Op = (x: tf.Tensor, args: Args) => tf.Tensor;

const { conv1d, hannWindow, melFilterBank, stft } = functional;

/** The reference has frequencies before frames; ours come after. */
const swap = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);

function spectrogram(x: tf.Tensor, args: Args): tf.Tensor {
  const nFft = args['n_fft'] as number;
  const winLength = (args['win_length'] as number | undefined) ?? nFft;
  const window = hannWindow(winLength);
  const spectrum = stft(x, { nFft, winLength, hopLength: args['hop_length'] as number, window });
  const power = tf.sum(tf.square(spectrum), -1);
  return args['power'] === 1 ? tf.sqrt(power) : power;
}

function melSpectrogram(x: tf.Tensor, args: Args): tf.Tensor {
  const bank = melFilterBank(args['n_mels'] as number, args['n_fft'] as number, args['sample_rate'] as number);
  return functional.linear(spectrogram(x, args), bank);
}

/** Cosine transform of decibels; at most 80 below the largest. */
function mfcc(x: tf.Tensor, args: Args): tf.Tensor {
  const mels = args['melkwargs'] as Args;
  const power = melSpectrogram(x, { ...mels, sample_rate: args['sample_rate'] });
  const decibels = tf.mul(tf.log(tf.maximum(power, 1e-10)), 10 / Math.LN10);
  const [count, n] = [args['n_mfcc'] as number, mels['n_mels'] as number];
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from(
      { length: count },
      (__, k) => Math.cos((Math.PI / n) * (i + 0.5) * k) * Math.sqrt((k === 0 ? 1 : 2) / n),
    ),
  );
  const floored = tf.maximum(decibels, tf.sub(tf.max(decibels), 80));
  return functional.linear(floored, tf.tensor2d(matrix));
}

/** By a convolution with a windowed sinc for each of the new values of a period. */
function resample(x: tf.Tensor, args: Args): tf.Tensor {
  const [from, to] = [args['orig_freq'] as number, args['new_freq'] as number];
  const divisor = gcd(from, to);
  const [before, after] = [from / divisor, to / divisor];
  const [zeros, cutoff] = [6, Math.min(before, after) * 0.99];
  const width = Math.ceil((zeros * before) / cutoff);
  const taps = Array.from({ length: 2 * width + before }, (_, i) =>
    Array.from({ length: after }, (__, phase) => {
      const t = Math.min(Math.max(((i - width) / before - phase / after) * cutoff, -zeros), zeros);
      const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
      return (sinc * Math.cos((Math.PI * t) / zeros / 2) ** 2 * cutoff) / before;
    }),
  );
  const weight = tf.tensor3d(taps.map((row) => [row]));
  const y = conv1d(tf.expandDims(x, 2), weight, null, { stride: before, padding: [[width, width + before]] });
  const [batch, length] = x.shape as [number, number];
  return tf.slice(tf.reshape(y, [batch, -1]), [0, 0], [batch, Math.ceil((after * length) / before)]);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const ops: Record<string, Op> = {
  Spectrogram: (x, args) => swap(spectrogram(x, args)),
  MelSpectrogram: (x, args) => swap(melSpectrogram(x, args)),
  MFCC: (x, args) => swap(mfcc(x, args)),
  Resample: resample,
};

/** torchaudio's transforms. */
export const adapters: ParityAdapter[] = [
  opAdapter(
    Object.fromEntries(
      Object.entries(ops).map(([name, op]) => [
        name,
        ({ args }) => ({ forward: ({ x }): NamedTensors => ({ y: op(x!, args) }) }),
      ]),
    ),
  ),
];
