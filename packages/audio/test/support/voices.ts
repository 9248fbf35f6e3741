import type { Generator } from '@hourglass/core';
import type { Waveform } from '@hourglass/audio';

const turn = 2 * Math.PI;

/** A voice: harmonics of a gliding pitch under a formant, louder and softer with its syllables. Full scale is hardly reached. */
export function drawVoice(generator: Generator, seconds: number, sampleRate: number): Waveform {
  const pitch = generator.uniform(180, 350);
  const glide = generator.uniform(-40, 40);
  const vibrato = generator.uniform(1, 5);
  const formant = generator.uniform(400, 0.4 * sampleRate);
  const syllables = generator.uniform(2, 5);
  const start = generator.uniform(0, turn);
  let phase = 0;
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, t) => {
    const time = t / sampleRate;
    const now = pitch + glide * Math.sin(turn * vibrato * time + start);
    phase += (turn * now) / sampleRate;
    let sum = 0;
    for (let h = 1; h * now < sampleRate / 2; h++) {
      sum += Math.sin(h * phase) * (0.15 + Math.exp(-(((h * now - formant) / 700) ** 2)));
    }
    return 0.1 * sum * Math.max(0, 0.55 + 0.5 * Math.sin(turn * syllables * time + start));
  });
  return { channels: [samples], sampleRate };
}

/** Chords that change twice a second, with strokes of noise. */
export function drawAccompaniment(generator: Generator, seconds: number, sampleRate: number): Waveform {
  const beat = sampleRate / 2;
  let notes: number[] = [];
  const samples = Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, t) => {
    const since = t % beat;
    if (since === 0) notes = [0, 4, 7].map((step) => 110 * 2 ** ((step + generator.integer(0, 12)) / 12));
    const time = t / sampleRate;
    let chord = 0;
    for (const note of notes) {
      for (let h = 1; h <= 6 && h * note < sampleRate / 2; h++)
        chord += Math.sin(turn * h * note * time) / Math.sqrt(h);
    }
    return 0.06 * chord + 0.3 * Math.exp((-30 * since) / sampleRate) * generator.normal();
  });
  return { channels: [samples], sampleRate };
}
