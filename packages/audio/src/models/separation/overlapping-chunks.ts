import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { checkWaveform, lengthOf, waveformToTensor, type Waveform } from '../../data/index.js';

/** A model that separates sound [N, time, channels] into [N, sources, time, channels], always in the same order. */
export interface ChunkSeparator {
  forward(x: tf.Tensor): tf.Tensor;
}

export interface ChunkOptions {
  /** Seconds of sound that the model sees at once. Default 10. */
  readonly seconds?: number;
  /** Seconds that neighbouring chunks share; there one fades into the next, by linear weights. Default 1. */
  readonly overlap?: number;
  /** Called behind each chunk. */
  readonly onChunk?: (done: number, count: number) => void;
}

/**
 * Separates a sound of any length with the memory that one chunk takes.
 *
 * @returns one waveform a source, of the length and the sample rate of the given one
 * @throws InvalidArgumentError for an overlap of a whole chunk or more, or a waveform without samples
 */
export async function separateInChunks(
  model: ChunkSeparator,
  waveform: Waveform,
  options: ChunkOptions = {},
): Promise<Waveform[]> {
  const { channels, sampleRate } = checkWaveform(waveform);
  const { seconds = 10, overlap = 1, onChunk } = options;
  const total = lengthOf(waveform);
  check(total > 0, 'a sound without samples cannot be separated');
  const size = Math.round(seconds * sampleRate);
  const shared = Math.round(overlap * sampleRate);
  check(
    size > 0 && shared >= 0 && shared < size,
    () => `chunks of ${seconds} s cannot overlap by ${overlap} s: the overlap must be shorter, and neither negative`,
  );
  const starts = chunkStarts(total, size, shared);
  let sources: Waveform[] = [];
  for (const [index, start] of starts.entries()) {
    const end = Math.min(start + size, total);
    const given = waveformToTensor({ channels: channels.map((c) => c.subarray(start, end)), sampleRate });
    const y = scope(() => model.forward(tf.expandDims(given, 0)));
    given.dispose();
    const values = await y.data<'float32'>();
    const [, count, steps, width] = y.shape as [number, number, number, number];
    y.dispose();
    if (index === 0) sources = Array.from({ length: count }, () => silence(channels.length, total, sampleRate));
    const weight = fades(steps, index > 0 ? shared : 0, index < starts.length - 1 ? shared : 0);
    sources.forEach((source, s) =>
      source.channels.forEach((channel, c) => {
        for (let t = 0; t < steps; t++) channel[start + t]! += weight[t]! * values[(s * steps + t) * width + c]!;
      }),
    );
    onChunk?.(index + 1, starts.length);
  }
  return sources;
}

/** Where chunks begin; each but the first brings something that the one before has not seen. */
function chunkStarts(total: number, size: number, shared: number): number[] {
  const starts = [0];
  for (let start = size - shared; start + shared < total; start += size - shared) starts.push(start);
  return starts;
}

/** Weights that rise over the first `up` values, and fall over the last `down` as those of the next chunk rise. */
function fades(length: number, up: number, down: number): Float32Array {
  const rising = (t: number, over: number): number => (t < over ? (t + 0.5) / over : 1);
  return Float32Array.from({ length }, (_, t) => {
    const fromEnd = length - 1 - t;
    return rising(t, up) * rising(fromEnd, down);
  });
}

function silence(channels: number, length: number, sampleRate: number): Waveform {
  return { channels: Array.from({ length: channels }, () => new Float32Array(length)), sampleRate };
}
