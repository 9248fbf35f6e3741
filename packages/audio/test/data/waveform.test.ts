import { beforeAll, expect, it } from 'vitest';
import { useTestBackend } from '@hourglass/core/testing';
import { durationOf, toMono, waveformFromTensor, waveformToTensor } from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const stereo = { channels: [Float32Array.of(1, 0, -1), Float32Array.of(0.5, 0.5, 0)], sampleRate: 2 };

it('goes to a tensor [time, channels] and back', async () => {
  const x = waveformToTensor(stereo);
  expect(x.shape).toEqual([3, 2]);
  expect(Array.from(await x.data())).toEqual([1, 0.5, 0, 0.5, -1, 0]);
  expect(await waveformFromTensor(x, 2)).toEqual(stereo);
  x.dispose();
});

it('is made mono by the mean of its channels', () => {
  expect(Array.from(toMono(stereo).channels[0]!)).toEqual([0.75, 0.25, -0.5]);
  expect(durationOf(stereo)).toBe(1.5);
});

it('refuses channels of unequal length', () => {
  const uneven = { channels: [new Float32Array(2), new Float32Array(3)], sampleRate: 8000 };
  expect(() => toMono(uneven)).toThrow(/equally long, got 2, 3/);
});
