import { check } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** Sound as plain arrays: what readers give and writers take. Full scale is -1 to 1. */
export interface Waveform {
  /** One array a channel, all of the same length: left, right, … in the order of the WAV format. */
  readonly channels: readonly Float32Array[];
  /** Samples per second of one channel. */
  readonly sampleRate: number;
}

/** Samples of one channel. */
export function lengthOf({ channels }: Waveform): number {
  return channels[0]?.length ?? 0;
}

/** Seconds. */
export function durationOf(waveform: Waveform): number {
  return lengthOf(waveform) / waveform.sampleRate;
}

/**
 * @throws InvalidArgumentError when there is no channel, channels differ in length, or the sample rate is no positive number
 */
export function checkWaveform(waveform: Waveform): Waveform {
  const { channels, sampleRate } = waveform;
  check(channels.length > 0, 'a waveform needs at least one channel');
  check(
    channels.every(({ length }) => length === channels[0]!.length),
    () => `the channels of a waveform must be equally long, got ${channels.map(({ length }) => length).join(', ')}`,
  );
  check(Number.isFinite(sampleRate) && sampleRate > 0, () => `a sample rate must be positive, got ${sampleRate}`);
  return waveform;
}

/** One channel: the mean of all. A waveform of one channel is returned as it is. */
export function toMono(waveform: Waveform): Waveform {
  const { channels, sampleRate } = checkWaveform(waveform);
  if (channels.length === 1) return waveform;
  const mono = new Float32Array(channels[0]!.length);
  for (const channel of channels) channel.forEach((value, i) => (mono[i]! += value / channels.length));
  return { channels: [mono], sampleRate };
}

/** float32 [time, channels]: how models see sound, batches being [N, time, channels]. */
export function waveformToTensor(waveform: Waveform): tf.Tensor2D {
  const { channels } = checkWaveform(waveform);
  const width = channels.length;
  const values = new Float32Array(lengthOf(waveform) * width);
  channels.forEach((channel, c) => channel.forEach((value, t) => (values[t * width + c] = value)));
  return tf.tensor2d(values, [lengthOf(waveform), width]);
}

/** The waveform in a tensor [time, channels] or [time]. */
export async function waveformFromTensor(x: tf.Tensor, sampleRate: number): Promise<Waveform> {
  check(
    x.rank === 1 || (x.rank === 2 && x.shape[1]! > 0),
    () => `a waveform is [time, channels] or [time], got [${x.shape.join(', ')}]`,
  );
  const width = x.rank === 1 ? 1 : x.shape[1]!;
  const values = await x.data<'float32'>();
  const channels = Array.from({ length: width }, (_, c) => {
    const channel = new Float32Array(x.shape[0]!);
    for (let t = 0; t < channel.length; t++) channel[t] = values[t * width + c]!;
    return channel;
  });
  return { channels, sampleRate };
}
