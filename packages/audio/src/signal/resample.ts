import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import { checkWaveform, type Waveform } from '../data/waveform.js';
import { resampledLength, sincTaps, type ResampleOptions, type SincTaps } from './sinc-taps.js';
import { timeRows } from './time-rows.js';

/** Weights of a convolution, up to which it is quicker than gathering what each new sample needs. */
const mostWeights = 2 ** 20;

/** New samples: 2 GiB. A file whose header says 1 Hz would otherwise become one of days. */
const mostSamples = 2 ** 29;

function checkSize(samples: number, from: number, to: number): void {
  check(
    samples <= mostSamples,
    () => `resample: from ${from} to ${to} Hz makes ${samples} samples; is the sample rate right?`,
  );
}

/**
 * Sound at another sample rate, by windowed sinc interpolation; torchaudio's `resample`. Differentiable.
 *
 * @param x float32 [N, time, channels], [N, time] or [time]
 * @param from sample rate of x, and `to` the wanted one: whole numbers, of which only the ratio counts
 * @returns as x, with ceil(time · to / from) samples
 * @throws InvalidArgumentError for rates that are no whole numbers, or so far apart that the result would not fit into memory
 */
export function resample(x: tf.Tensor, from: number, to: number, options: ResampleOptions = {}): tf.Tensor {
  const taps = sincTaps(from, to, options);
  if (taps.from === taps.to) return tf.clone(x);
  return scope(() => {
    const { rows, restore } = timeRows('resample', x);
    checkSize(rows.shape[0] * resampledLength(rows.shape[1], taps), from, to);
    const weights = (2 * taps.width + taps.from) * taps.to;
    return restore(weights <= mostWeights ? byConvolution(rows, taps) : byGathering(rows, taps));
  });
}

function byConvolution(x: tf.Tensor2D, { from, to, width, starts, values, count }: SincTaps): tf.Tensor {
  const length = 2 * width + from;
  const weight = new Float32Array(length * to);
  for (let phase = 0; phase < to; phase++) {
    for (let i = 0; i < count; i++) weight[(width + starts[phase]! + i) * to + phase] = values[phase * count + i]!;
  }
  const options = { stride: from, padding: [[width, width + from]] as const };
  const y = functional.conv1d(tf.expandDims(x, 2), tf.tensor3d(weight, [length, 1, to]), null, options);
  return tf.slice(tf.reshape(y, [x.shape[0], -1]), [0, 0], [-1, resampledLength(x.shape[1], { from, to })]);
}

/** Of rates with hardly a common divisor the filters are many, and mostly zeros as a convolution. */
function byGathering(x: tf.Tensor2D, { from, to, width, starts, values, count }: SincTaps): tf.Tensor {
  const [batch, time] = x.shape;
  const length = resampledLength(time, { from, to });
  const indices = new Int32Array(length * count);
  const weights = new Float32Array(length * count);
  for (let i = 0; i < length; i++) {
    const phase = i % to;
    const start = Math.floor(i / to) * from + starts[phase]! + width;
    for (let k = 0; k < count; k++) {
      indices[i * count + k] = start + k;
      weights[i * count + k] = values[phase * count + k]!;
    }
  }
  const padded = tf.pad(x, [
    [0, 0],
    [width, 2 * width + from + count],
  ]);
  const taken = tf.gather(tf.transpose(padded), tf.tensor1d(indices, 'int32'));
  const weighted = tf.mul(taken, tf.tensor2d(weights, [length * count, 1]));
  return tf.transpose(tf.sum(tf.reshape(weighted, [length, count, batch]), 1));
}

/**
 * A waveform at another sample rate, as {@link resample}; without tensors, for what is read from files.
 * @throws InvalidArgumentError for rates that are no whole numbers, or so far apart that the result would not fit into memory
 */
export function resampleWaveform(waveform: Waveform, sampleRate: number, options: ResampleOptions = {}): Waveform {
  const { channels } = checkWaveform(waveform);
  const taps = sincTaps(waveform.sampleRate, sampleRate, options);
  if (taps.from === taps.to) return waveform;
  const length = resampledLength(channels[0]!.length, taps);
  check(
    length <= mostSamples,
    () =>
      `resample: from ${waveform.sampleRate} to ${sampleRate} Hz makes ${length} samples; is the sample rate right?`,
  );
  return { channels: channels.map((channel) => resampleSamples(channel, taps)), sampleRate };
}

function resampleSamples(x: Float32Array, { from, to, starts, values, count }: SincTaps): Float32Array {
  const y = new Float32Array(resampledLength(x.length, { from, to }));
  for (let i = 0; i < y.length; i++) {
    const phase = i % to;
    const start = Math.floor(i / to) * from + starts[phase]!;
    const end = Math.min(count, x.length - start);
    let sum = 0;
    for (let k = Math.max(0, -start); k < end; k++) sum += values[phase * count + k]! * x[start + k]!;
    y[i] = sum;
  }
  return y;
}
