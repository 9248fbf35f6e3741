import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { scope } from '../../memory.js';
import { take } from '../axes/slices.js';
import { canRead } from '../readable.js';
import { checkComplex, complex } from './complex.js';
import { fft, irfft, rfft } from './fft.js';
import { frames, overlapAdd } from './frames.js';

interface SpectrogramOptions {
  /** Length of the transforms. */
  readonly nFft: number;
  /** Distance of the frames. Default nFft / 4, rounded down. */
  readonly hopLength?: number;
  /** Length of the window; a shorter one lies in the frame's middle. Default nFft. */
  readonly winLength?: number;
  /** float32 [winLength]. Default: all ones. */
  readonly window?: tf.Tensor | null;
  /** Frames are centred on their place in the signal, which is padded by nFft / 2 on both sides. Default true. */
  readonly center?: boolean;
  /** Divide by √nFft. Default false. */
  readonly normalized?: boolean;
  /** Terms 0 … nFft / 2 only; the others are their conjugates. Default true. */
  readonly onesided?: boolean;
}

export interface StftOptions extends SpectrogramOptions {
  /** How `center` pads. Default 'reflect'. */
  readonly padMode?: 'reflect' | 'constant' | 'replicate' | 'circular';
}

/**
 * Short-time Fourier transform with the semantics of torch's `stft`, but with time before frequency: a spectrogram is a
 * sequence with channels last here as everywhere.
 *
 * @param x float32 [B, T] or [T].
 * @returns float32 [B, frames, frequencies, 2] (without B for one signal); differentiable.
 */
export function stft(x: tf.Tensor, options: StftOptions): tf.Tensor {
  const { nFft, hop, normalized, onesided, center } = settings('stft', options);
  check(x.rank === 1 || x.rank === 2, () => `stft: the signal needs shape [B, T] or [T], got [${x.shape.join(', ')}]`);
  const half = Math.floor(nFft / 2);
  const length = x.shape.at(-1)! + (center ? 2 * half : 0);
  check(length >= nFft, `stft: a signal of ${x.shape.at(-1)} values is too short for frames of ${nFft}`);
  return scope(() => {
    const batch = x.rank === 2 ? x : tf.expandDims(x, 0);
    const padded = center ? padEnds(batch, half, options.padMode ?? 'reflect') : batch;
    const cut = frames(padded, nFft, hop);
    const window = frameWindow('stft', options);
    const windowed = window === null ? cut : tf.mul(cut, window);
    const norm = normalized ? 'ortho' : 'backward';
    const spectrum = onesided ? rfft(windowed, { norm }) : fft(complex(windowed), { norm });
    return x.rank === 2 ? spectrum : tf.squeeze(spectrum, [0]);
  });
}

export interface IstftOptions extends SpectrogramOptions {
  /** Length of the signal: cut, or padded with zeros. Default: what the frames cover, less the padding of `center`. */
  readonly length?: number;
}

/**
 * Signal whose short-time Fourier transform is nearest to a spectrogram (Griffin and Lim 1984), with the semantics of
 * torch's `istft`. Layout as in {@link stft}.
 *
 * @param spectrogram float32 [B, frames, frequencies, 2], or without B.
 * @returns float32 [B, T] or [T]; differentiable.
 * @throws InvalidArgumentError when the windows leave a gap (not checked on GPU backends).
 */
export function istft(spectrogram: tf.Tensor, options: IstftOptions): tf.Tensor {
  const { nFft, hop, normalized, onesided, center } = settings('istft', options);
  checkComplex('istft', spectrogram, 2);
  const bins = onesided ? Math.floor(nFft / 2) + 1 : nFft;
  check(
    spectrogram.rank <= 4 && spectrogram.shape.at(-2) === bins,
    () =>
      `istft: nFft ${nFft} needs a spectrogram [B, frames, ${bins}, 2], got shape [${spectrogram.shape.join(', ')}]`,
  );
  return scope(() => {
    const batch = spectrogram.rank === 4 ? spectrogram : tf.expandDims(spectrogram, 0);
    const count = batch.shape[1]!;
    const norm = normalized ? 'ortho' : 'backward';
    // a real signal's other terms are conjugates: torch does not look at them
    const cut = irfft(tf.slice(batch, [0, 0, 0, 0], [-1, -1, Math.floor(nFft / 2) + 1, 2]), { n: nFft, norm });
    const window = frameWindow('istft', options);
    const windowed = window === null ? cut : tf.mul(cut, window);
    const weights = tf.tile(tf.reshape(window === null ? tf.ones([nFft]) : tf.square(window), [1, 1, nFft]), [
      1,
      count,
      1,
    ]);

    const covered = (count - 1) * hop + nFft;
    const start = center ? Math.floor(nFft / 2) : 0;
    const end = options.length === undefined ? covered - start : start + options.length;
    check(end > start, `istft: ${count} frames are too few`);
    const part = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, start], [-1, Math.min(end, covered) - start]);
    const envelope = part(overlapAdd(weights, hop));
    check(
      !canRead() || envelope.dataSync<'float32'>().every((weight) => weight > 1e-11),
      () => `istft: windows of ${options.winLength ?? nFft} values every ${hop} leave places of the signal uncovered`,
    );
    const signal = tf.div(part(overlapAdd(windowed, hop)), envelope);
    const whole =
      end > covered
        ? tf.pad(signal, [
            [0, 0],
            [0, end - covered],
          ])
        : signal;
    return spectrogram.rank === 4 ? whole : tf.squeeze(whole, [0]);
  });
}

interface Settings {
  readonly nFft: number;
  readonly hop: number;
  readonly normalized: boolean;
  readonly onesided: boolean;
  readonly center: boolean;
}

function settings(name: string, options: SpectrogramOptions): Settings {
  const { nFft, normalized = false, onesided = true, center = true } = options;
  const hop = options.hopLength ?? Math.floor(nFft / 4);
  const winLength = options.winLength ?? nFft;
  checkCount(`${name}: nFft`, nFft);
  checkCount(`${name}: hopLength`, hop);
  check(
    Number.isInteger(winLength) && winLength > 0 && winLength <= nFft,
    `${name}: winLength must lie between 1 and nFft ${nFft}, got ${winLength}`,
  );
  return { nFft, hop, normalized, onesided, center };
}

/** The window in the middle of a frame; null where it is all ones. */
function frameWindow(name: string, { nFft, winLength = nFft, window }: SpectrogramOptions): tf.Tensor | null {
  check(
    !window || (window.rank === 1 && window.size === winLength),
    () => `${name}: a window of shape [${window!.shape.join(', ')}] for winLength ${winLength}`,
  );
  if (winLength === nFft) return window ?? null;
  const left = Math.floor((nFft - winLength) / 2);
  return tf.pad(window ?? tf.ones([winLength]), [[left, nFft - winLength - left]]);
}

/** x [B, T] with `by` values more at each end. */
function padEnds(x: tf.Tensor, by: number, mode: NonNullable<StftOptions['padMode']>): tf.Tensor {
  if (mode === 'constant')
    return tf.pad(x, [
      [0, 0],
      [by, by],
    ]);
  const size = x.shape[1]!;
  const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : Infinity;
  check(by <= most, `stft: a signal of ${size} values is too short to be padded by ${by} with mode '${mode}'`);
  const ends: Record<typeof mode, readonly [(i: number) => number, (i: number) => number]> = {
    reflect: [(i) => by - i, (i) => size - 2 - i],
    replicate: [() => 0, () => size - 1],
    circular: [(i) => size - by + i, (i) => i],
  };
  check(Object.hasOwn(ends, mode), `stft: unknown padMode '${mode}'`);
  const [before, after] = ends[mode].map((source) =>
    take(
      x,
      1,
      Array.from({ length: by }, (_, i) => source(i)),
    ),
  );
  return tf.concat([before!, x, after!], 1);
}
