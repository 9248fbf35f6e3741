import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { resample } from './resample.js';
import { safeSqrt, type FrameOptions } from './spectrogram.js';
import { timeRows } from './time-rows.js';
import { makeWindow } from './windows.js';

/**
 * A complex spectrogram played `rate` times as fast, at its pitch (Flanagan and Golden 1966): magnitudes are interpolated and phases go on
 * at each frequency's speed. Differentiable.
 *
 * @param z float32 [N, frames, frequencies, 2]
 * @param hopLength distance of the frames; default half the transform's length, as in torchaudio's `TimeStretch`
 * @returns [N, ceil(frames / rate), frequencies, 2]
 */
export function timeStretch(z: tf.Tensor, rate: number, hopLength = z.shape[2]! - 1): tf.Tensor {
  check(
    z.rank === 4 && z.shape[3] === 2,
    () => `timeStretch: z must be [N, frames, frequencies, 2], got [${z.shape.join(', ')}]`,
  );
  check(rate > 0, `timeStretch: rate must be positive, got ${rate}`);
  if (rate === 1) return tf.clone(z);
  return scope(() => {
    const [, frames, bins] = z.shape as [number, number, number, number];
    const places = Array.from({ length: Math.ceil(frames / rate) }, (_, i) => Math.fround(i * rate));
    const padded = tf.pad(z, [
      [0, 0],
      [0, 2],
      [0, 0],
      [0, 0],
    ]);
    const polar = (offset: number): { size: tf.Tensor; angle: tf.Tensor } => {
      const indices = tf.tensor1d(
        places.map((place) => Math.floor(place + offset)),
        'int32',
      );
      const [re, im] = functional.complexParts(tf.gather(padded, indices, 1));
      return { size: safeSqrt(tf.add(tf.square(re), tf.square(im))), angle: angleOf(re, im) };
    };
    const [now, next] = [polar(0), polar(1)];
    const advance = tf.linspace(0, Math.PI * hopLength, bins);
    const excess = tf.sub(tf.sub(next.angle, now.angle), advance);
    const turns = tf.round(tf.div(excess, 2 * Math.PI));
    const steps = tf.add(tf.sub(excess, tf.mul(turns, 2 * Math.PI)), advance);
    const first = tf.slice(now.angle, [0, 0, 0], [-1, 1, -1]);
    const phase = tf.cumsum(tf.concat([first, tf.slice(steps, [0, 0, 0], [-1, places.length - 1, -1])], 1), 1);
    const share = tf.tensor3d(
      places.map((place) => place % 1),
      [1, places.length, 1],
    );
    const size = tf.add(tf.mul(share, next.size), tf.mul(tf.sub(1, share), now.size));
    return tf.stack([tf.mul(size, tf.cos(phase)), tf.mul(size, tf.sin(phase))], -1);
  });
}

/** Angle of re + i im, 0 at 0, where its gradient is 0 too. */
function angleOf(re: tf.Tensor, im: tf.Tensor): tf.Tensor {
  const some = tf.greater(tf.add(tf.abs(re), tf.abs(im)), 0);
  return tf.where(some, tf.atan2(im, tf.where(some, re, tf.onesLike(re))), tf.zerosLike(re));
}

export interface PitchShiftOptions extends Omit<FrameOptions, 'nFft' | 'hopLength'> {
  /** Steps an octave. Default 12. */
  readonly binsPerOctave?: number;
  /** Default 512. */
  readonly nFft?: number;
  /** Default a quarter of the window. */
  readonly hopLength?: number;
}

/**
 * Sound of the same length at a pitch `steps` higher: stretched and resampled. Differentiable.
 * @param x float32 [N, time, channels], [N, time] or [time]
 */
export function pitchShift(
  x: tf.Tensor,
  sampleRate: number,
  steps: number,
  options: PitchShiftOptions = {},
): tf.Tensor {
  const { binsPerOctave = 12, nFft = 512 } = options;
  const { winLength = nFft } = options;
  const { hopLength = Math.floor(winLength / 4) } = options;
  return scope(() => {
    const { rows, restore } = timeRows('pitchShift', x);
    const time = rows.shape[1];
    const rate = 2 ** (-steps / binsPerOctave);
    const window = makeWindow(options.window ?? 'hann', winLength, options.windowOptions);
    const frames = { nFft, winLength, hopLength, window };
    const stretched = functional.istft(timeStretch(functional.stft(rows, frames), rate, hopLength), {
      ...frames,
      length: roundHalfEven(time / rate),
    });
    const shifted = resample(stretched, Math.trunc(sampleRate / rate), sampleRate);
    const missing = Math.max(0, time - shifted.shape[1]!);
    const padded = tf.pad(shifted, [
      [0, 0],
      [0, missing],
    ]);
    return restore(tf.slice(padded, [0, 0], [-1, time]));
  });
}

/** As Python rounds. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2) : Math.round(x);
}
