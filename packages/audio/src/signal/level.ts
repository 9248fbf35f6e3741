import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

export type GainType = 'amplitude' | 'power' | 'db';

/** x louder by `gain`, clipped to full scale. Differentiable. */
export function changeVolume(x: tf.Tensor, gain: number, type: GainType = 'amplitude'): tf.Tensor {
  check(
    ['amplitude', 'power', 'db'].includes(type),
    `changeVolume: type must be amplitude, power or db, got '${type}'`,
  );
  check(type === 'db' || gain >= 0, `changeVolume: a gain in ${type} must not be negative, got ${gain}`);
  const factor = type === 'amplitude' ? gain : type === 'power' ? Math.sqrt(gain) : 10 ** (gain / 20);
  return scope(() => tf.clipByValue(tf.mul(x, factor), -1, 1));
}

export type FadeShape = 'linear' | 'exponential' | 'logarithmic' | 'quarter_sine' | 'half_sine';

const rises: Readonly<Record<FadeShape, (t: number) => number>> = {
  linear: (t) => t,
  exponential: (t) => 2 ** (t - 1) * t,
  logarithmic: (t) => Math.log10(0.1 + t) + 1,
  quarter_sine: (t) => Math.sin((Math.PI * t) / 2),
  half_sine: (t) => Math.sin(Math.PI * t - Math.PI / 2) / 2 + 0.5,
};

export interface FadeOptions {
  /** Samples from silence to full level at the start. Default 0. */
  readonly fadeIn?: number;
  /** And back at the end. Default 0. */
  readonly fadeOut?: number;
  /** Default 'linear'. */
  readonly shape?: FadeShape;
}

/** x [N, time, channels], [N, time] or [time], faded in and out. Differentiable. */
export function fade(x: tf.Tensor, { fadeIn = 0, fadeOut = 0, shape = 'linear' }: FadeOptions): tf.Tensor {
  check(Object.hasOwn(rises, shape), `fade: unknown shape '${shape}'; there are ${Object.keys(rises).join(', ')}`);
  const axis = x.rank === 1 ? 0 : 1;
  const time = x.shape[axis]!;
  for (const length of [fadeIn, fadeOut])
    check(
      Number.isInteger(length) && length >= 0 && length <= time,
      `fade: ${length} samples of ${time} cannot be faded`,
    );
  const levels = new Float32Array(time).fill(1);
  // a fade of one sample starts where it starts: silent at the front, as loud as ever at the end
  for (let i = 0; i < fadeIn; i++) levels[i]! *= level(shape, fadeIn === 1 ? 0 : i / (fadeIn - 1));
  for (let i = 0; i < fadeOut; i++) levels[time - 1 - i]! *= level(shape, fadeOut === 1 ? 1 : i / (fadeOut - 1));
  return scope(() => tf.mul(x, tf.tensor(levels, x.rank === 3 ? [time, 1] : [time])));
}

function level(shape: FadeShape, t: number): number {
  return Math.max(0, Math.min(1, rises[shape](t)));
}
