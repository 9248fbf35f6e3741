import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { resample, resampleWaveform } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const sine = (hertz: number, rate: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

describe('resample', () => {
  it.each([
    [8000, 16000],
    [16000, 8000],
    [44100, 16000],
    [22050, 48000],
    [8001, 7993],
  ])('from %d to %d Hz keeps a tone', (from, to) => {
    const sharp = { lowpassFilterWidth: 32 };
    const waveform = { channels: [sine(441, from, from / 5)], sampleRate: from };
    const { channels, sampleRate } = resampleWaveform(waveform, to, sharp);
    expect(sampleRate).toBe(to);
    expect(channels[0]!.length).toBe(Math.ceil((to * waveform.channels[0]!.length) / from));
    // away from the ends, where silence comes near
    const wanted = sine(441, to, channels[0]!.length);
    const margin = Math.ceil((40 * to) / Math.min(from, to));
    const error = channels[0]!.map((value, i) => Math.abs(value - wanted[i]!)).subarray(margin, -margin);
    expect(Math.max(...error)).toBeLessThan(2e-3);
    // tensors get the same, by a convolution or by gathering
    const x = tf.tensor1d(waveform.channels[0]!);
    const y = resample(x, from, to, sharp);
    expectClose(y, tf.tensor1d(channels[0]!), { atol: 2e-6 });
    tf.dispose([x, y]);
  });

  it('takes away what the lower rate cannot hold', () => {
    const { channels } = resampleWaveform({ channels: [sine(7000, 16000, 4000)], sampleRate: 16000 }, 8000);
    expect(Math.max(...channels[0]!.subarray(50, -50).map(Math.abs))).toBeLessThan(0.02);
  });

  it('takes batches and channels', () => {
    const x = normalTensor([2, 30, 2], 0, 1, new Generator(1));
    const y = resample(x, 3, 2);
    expect(y.shape).toEqual([2, 20, 2]);
    const channel = (z: tf.Tensor): tf.Tensor => tf.squeeze(tf.slice(z, [1, 0, 1], [1, -1, 1]), [0, 2]);
    expectClose(channel(y), resample(channel(x), 3, 2));
    expect(() => resample(x, 3.5, 2)).toThrow('whole numbers');
  });

  it('refuses what would take all memory: rates of a damaged header', () => {
    const sound = (sampleRate: number) => ({ channels: [new Float32Array(100_000)], sampleRate });
    expect(() => resampleWaveform(sound(2 ** 31 - 1), 48_000)).toThrow(
      /from 2147483647 to 48000 .* are the rates right/,
    );
    expect(() => resampleWaveform(sound(1), 48_000)).toThrow(/from 1 to 48000 Hz makes 4800000000 samples/);
    const x = tf.zeros([100_000]);
    expect(() => resample(x, 1, 48_000)).toThrow(/makes 4800000000 samples/);
    expect(resampleWaveform(sound(400_000_000), 8000).channels[0]!.length).toBe(2);
  });

  // few filters are a convolution, many gather what they need
  it.each([
    [3, 2],
    [2003, 1999],
  ])('gives gradients and keeps nothing, from %d to %d Hz', (from, to) => {
    const x = normalTensor([1, 30], 0, 1, new Generator(2));
    expectGradient((x) => resample(x, from, to), [x]);
    const before = tf.memory().numTensors;
    resample(x, from, to).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
