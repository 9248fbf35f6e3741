import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { toMono, type Waveform } from '../data/waveform.js';
import { MelSpectrogram } from '../signal/mel.js';
import { Spectrogram } from '../signal/spectrogram.js';
import { colourOf } from './colour-map.js';

export interface SpectrogramPictureOptions {
  /** Mel bands (default), or frequencies evenly spaced. */
  readonly scale?: 'mel' | 'linear';
  /** Length of the windows. Default 1024. */
  readonly nFft?: number;
  /** Samples a column. Default: as many as make a picture of up to 800 columns, at least 64. */
  readonly hopLength?: number;
  /** Default 128. */
  readonly nMels?: number;
  /** Decibels from the loudest place (of all sounds) to black. Default 80. */
  readonly range?: number;
  /** Height of each row's band in pixels, if not one a frequency. */
  readonly height?: number;
}

/** Red, green and blue by turns, from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8Array;
}

/** Rows of white between two spectrograms. */
const gap = 4;

/**
 * Spectrograms of one or several sounds below each other on one scale of decibels, high frequencies on top: what a codec took away can be
 * seen beside the original. Sounds of several channels are mixed to one.
 *
 * @throws InvalidArgumentError for no sound, empty ones or different sample rates
 */
export async function spectrogramPicture(
  waveforms: readonly Waveform[],
  options: SpectrogramPictureOptions = {},
): Promise<Picture> {
  const { scale = 'mel', nFft = 1024, nMels = 128, range = 80 } = options;
  check(waveforms.length > 0, 'a picture of spectrograms needs one sound at least');
  const { sampleRate } = waveforms[0]!;
  check(
    waveforms.every((waveform) => waveform.sampleRate === sampleRate),
    () => `sounds at ${waveforms.map((waveform) => waveform.sampleRate).join(', ')} Hz do not fit into one picture`,
  );
  const longest = Math.max(...waveforms.map(({ channels }) => channels[0]!.length));
  const hopLength = options.hopLength ?? Math.max(64, Math.ceil(longest / 800));
  const frames = { nFft, hopLength, padMode: 'constant' } as const;
  const transform =
    scale === 'mel' ? new MelSpectrogram({ ...frames, nMels, sampleRate, scale: 'slaney' }) : new Spectrogram(frames);
  try {
    const bands = await Promise.all(waveforms.map((waveform) => decibels(waveform, transform)));
    return paint(bands, range, options.height);
  } finally {
    transform.dispose();
  }
}

interface Bands {
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
}

async function decibels(waveform: Waveform, transform: Spectrogram | MelSpectrogram): Promise<Bands> {
  const samples = toMono(waveform).channels[0]!;
  check(samples.length > 0, 'a sound without samples has no spectrogram');
  const power = scope(() => {
    const x = transform.forward(tf.tensor2d(samples, [1, samples.length]));
    return tf.mul(tf.log(tf.maximum(x, 1e-12)), 10 / Math.LN10);
  });
  const [, columns, rows] = power.shape as [number, number, number];
  const values = await power.data<'float32'>();
  power.dispose();
  return { values, columns, rows };
}

function paint(bands: readonly Bands[], range: number, bandHeight?: number): Picture {
  const top = bands.reduce((most, { values }) => values.reduce((a, b) => Math.max(a, b), most), -Infinity);
  const width = Math.max(...bands.map(({ columns }) => columns));
  const band = bandHeight ?? bands[0]!.rows;
  const height = bands.length * band + (bands.length - 1) * gap;
  const data = new Uint8Array(width * height * 3).fill(255);
  bands.forEach(({ values, columns, rows }, i) => {
    for (let y = 0; y < band; y++) {
      const row = Math.min(rows - 1, Math.floor(((band - 1 - y) * rows) / band));
      for (let x = 0; x < columns; x++) {
        const value = 1 + (values[x * rows + row]! - top) / range;
        data.set(colourOf(value), ((i * (band + gap) + y) * width + x) * 3);
      }
    }
  });
  return { width, height, channels: 3, data };
}
