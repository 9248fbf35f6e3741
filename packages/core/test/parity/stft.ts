import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Args = Readonly<Record<string, unknown>>;
type Op = (inputs: Readonly<NamedTensors>, args: Args) => NamedTensors;

const windows: Record<string, (length: number, options: Record<string, never>) => tf.Tensor> = {
  hann_window: functional.hannWindow,
  hamming_window: functional.hammingWindow,
  blackman_window: functional.blackmanWindow,
  bartlett_window: functional.bartlettWindow,
  kaiser_window: functional.kaiserWindow,
};

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** snake_case arguments of the reference as our options; a window is given by its call, as in `hann_window(16)`. */
function options(args: Args): { readonly nFft: number } & Record<string, never> {
  const entries = Object.entries(args).map(([name, value]): [string, unknown] => {
    if (name !== 'window' || typeof value !== 'string') return [camel(name), value];
    const [, window, length] = /^(\w+)\((\d+)\)$/.exec(value) ?? [];
    if (window === undefined) throw new Error(`unknown window ${value}`);
    return [name, windows[window]!(Number(length), {})];
  });
  return Object.fromEntries(entries) as { readonly nFft: number } & Record<string, never>;
}

/** The reference has frequencies before frames. */
const swap = (x: tf.Tensor): tf.Tensor => {
  const order = [...x.shape.keys()];
  [order[x.rank - 3], order[x.rank - 2]] = [x.rank - 2, x.rank - 3];
  return tf.transpose(x, order);
};

const stft: Op = ({ x }, args) => ({ y: swap(functional.stft(x!, options(args))) });
const istft: Op = ({ s }, args) => ({ y: functional.istft(swap(s!), options(args)) });

/** What the reference's script puts under these names: irfft is of 1.5 rfft(x), hfft the whole inverse transform. */
const fft: Op = ({ x }, { n }) => {
  const length = { n: n as number };
  const z = functional.complex(x!);
  return {
    fft: functional.fft(z, length),
    ortho: functional.fft(z, { ...length, norm: 'ortho' }),
    rfft: functional.rfft(x!, length),
    irfft: functional.irfft(tf.mul(functional.rfft(x!, length), 1.5), length),
    fft2: functional.fft2(z),
    hfft: functional.ifft(z, length),
  };
};

const window =
  (name: string): Op =>
  (_, { window_length: length, ...rest }) => ({
    y: windows[name]!(length as number, rest as Record<string, never>),
  });

const melFilterBank: Op = (_, args) => ({
  y: functional.melFilterBank(
    args['num_mel_filters'] as number,
    2 * ((args['num_frequency_bins'] as number) - 1),
    args['sampling_rate'] as number,
    {
      fMin: args['min_frequency'] as number,
      fMax: args['max_frequency'] as number,
      norm: args['norm'] as 'slaney' | null,
      scale: args['mel_scale'] as functional.MelScale,
      triangles: args['triangularize_in_mel_space'] === true ? 'mel' : 'hertz',
    },
  ),
});

/** Windows of transformers' audio utilities; Kaldi's 'povey' is a power of Hann's. */
const namedWindow: Op = (_, { window_length: length, name, periodic }) => {
  const make = { hamming: functional.hammingWindow, boxcar: (n: number) => tf.ones([n]) }[name as string];
  const y = (make ?? functional.hannWindow)(length as number, { periodic: periodic === true });
  return { y: name === 'povey' ? tf.pow(y, 0.85) : y };
};

function runnable(op: Op): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({ forward: (inputs) => op(inputs, args) });
}

const ops: Record<string, Op> = {
  stft,
  'stft no window': stft,
  istft,
  'istft of random spectrum': istft,
  fft,
  mel_filter_bank: melFilterBank,
  window_function: namedWindow,
  ...Object.fromEntries(Object.keys(windows).map((name) => [name, window(name)])),
};

export const adapters: ParityAdapter[] = [
  opAdapter(Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, runnable(op)]))),
];
