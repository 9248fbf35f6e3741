import { expect, it } from 'vitest';
import { exampleContext } from '@hourglass/core';
import { MixtureDataset, type SoloRecording } from '@hourglass/audio';

/** A tone of each voice; recordings of 0.2 and 0.3 seconds. */
const recordings: SoloRecording[] = ['a', 'b', 'c'].flatMap((source, v) =>
  [200, 300].map((length) => ({
    source,
    waveform: {
      sampleRate: 1000,
      channels: [Float32Array.from({ length }, (_, t) => (v + 1) * Math.sin((2 * Math.PI * (v + 1) * 40 * t) / 1000))],
    },
  })),
);

const strength = (x: Float32Array): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);

it('mixes different sources, which add up, at levels within bounds', () => {
  const data = new MixtureDataset(recordings, { seconds: 0.5, length: 50, maxLevel: 3 });
  const levels = Array.from({ length: 50 }, (_, i) => {
    const { mixture, sources, names } = data.get(i);
    expect(sources.shape).toEqual([2, 500]);
    expect(names[0]).not.toBe(names[1]);
    const [one, other] = [sources.values.subarray(0, 500), sources.values.subarray(500)];
    expect(Math.max(...mixture.map((value, t) => Math.abs(value - one[t]! - other[t]!)))).toBeLessThan(1e-6);
    return 20 * Math.log10(strength(one) / strength(other));
  });
  expect(Math.max(...levels.map(Math.abs))).toBeLessThan(6);
  expect(Math.max(...levels)).toBeGreaterThan(2);
  expect(Math.min(...levels)).toBeLessThan(-2);
});

it('is the same whenever it is asked, and fresh in every epoch where that is wanted', () => {
  const fixed = new MixtureDataset(recordings, { seconds: 0.5, seed: 3 });
  expect(fixed.get(7, exampleContext(0, 1, 7))).toEqual(fixed.get(7));
  expect(new MixtureDataset(recordings, { seconds: 0.5, seed: 4 }).get(7)).not.toEqual(fixed.get(7));
  const fresh = new MixtureDataset(recordings, { seconds: 0.5, fresh: true });
  expect(fresh.get(7, exampleContext(0, 1, 7))).toEqual(fresh.get(7, exampleContext(0, 1, 7)));
  expect(fresh.get(7, exampleContext(0, 1, 7))).not.toEqual(fresh.get(7, exampleContext(0, 2, 7)));
});

it('fills a voice with its own recordings, or places one', () => {
  const silent = (x: Float32Array): number => x.filter((value) => value === 0).length;
  for (const seconds of [0.1, 0.25, 1]) {
    const samples = seconds * 1000;
    const chained = new MixtureDataset(recordings, { seconds }).get(0).sources.values;
    // a tone is silent for a sample now and then
    expect(silent(chained.subarray(0, samples))).toBeLessThan(0.2 * samples);
    const one = new MixtureDataset(recordings, { seconds, fill: 'single' }).get(0).sources.values;
    expect(silent(one.subarray(0, samples))).toBeGreaterThanOrEqual(Math.max(0, samples - 300));
  }
});

it('refuses what cannot be mixed', () => {
  expect(() => new MixtureDataset([])).toThrow('no recording');
  expect(() => new MixtureDataset(recordings, { sources: 4 })).toThrow('there are 3');
  expect(() => new MixtureDataset(recordings.slice(0, 2))).toThrow('there are 1');
  const other = { source: 'd', waveform: { sampleRate: 8000, channels: [Float32Array.of(1)] } };
  expect(() => new MixtureDataset([...recordings, other])).toThrow('8000 Hz');
  const silence = { source: 'd', waveform: { sampleRate: 1000, channels: [new Float32Array(100)] } };
  expect(new MixtureDataset([...recordings, silence]).names).toEqual(['a', 'b', 'c']);
});
