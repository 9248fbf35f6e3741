import { fromArray, Generator } from '@hourglass/core';
import type { Sounds, Waveform } from '@hourglass/audio';
import { sampleRate } from './train.js';

/** Semitones of a pentatonic scale, in which everything goes with everything. */
const scale = [0, 2, 4, 7, 9];

/** Sounds of a second: plucked notes over each other, and a brush on a drum. */
export function melodies(count: number, seed: number): Sounds {
  return fromArray(
    Array.from({ length: count }, (_, i) => ({
      name: `melody-${i}`,
      waveform: melody(new Generator(seed * 1000 + i)),
    })),
  );
}

function melody(generator: Generator): Waveform {
  const samples = new Float32Array(sampleRate);
  const beat = Math.round(sampleRate / generator.integer(3, 7));
  for (let start = 0; start < samples.length; start += beat) {
    const semitone = scale[generator.integer(0, scale.length)]! + 12 * generator.integer(0, 3);
    pluck(samples.subarray(start), 130 * 2 ** (semitone / 12), generator);
    if (generator.uniform() < 0.5) brush(samples.subarray(start), generator);
  }
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { channels: [samples.map((value) => (0.7 * value) / loudest)], sampleRate };
}

/** A string: partials that fade the faster the higher they are. */
function pluck(samples: Float32Array, pitch: number, generator: Generator): void {
  const decay = generator.uniform(2, 6);
  for (let partial = 1; partial <= 8 && partial * pitch < sampleRate / 2; partial++) {
    const [level, phase] = [generator.uniform(0.3, 1) / partial, generator.uniform(0, 2 * Math.PI)];
    samples.forEach((value, t) => {
      const seconds = t / sampleRate;
      samples[t] =
        value +
        level * Math.exp(-decay * partial * seconds) * Math.sin(2 * Math.PI * partial * pitch * seconds + phase);
    });
  }
}

function brush(samples: Float32Array, generator: Generator): void {
  const level = generator.uniform(0.1, 0.4);
  samples.forEach((value, t) => (samples[t] = value + level * Math.exp(-t / 600) * generator.normal()));
}
