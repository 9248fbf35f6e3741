import type { Generator } from '@hourglass/core';
import type { Transcribed } from '@hourglass/audio';

const tones: Readonly<Record<string, number>> = { a: 150, b: 400, c: 750 };

/** Texts of two or three letters, each "said" as a tone of its own, and a space as silence; 2 kHz. */
export function spokenTones(count: number, generator: Generator): Transcribed[] {
  const letters = Object.keys(tones);
  return Array.from({ length: count }, () => {
    const length = generator.integer(2, 4);
    let text = '';
    for (let i = 0; i < length; i++) text += letters[generator.integer(0, letters.length)];
    if (length === 3 && generator.uniform() < 0.5) text = `${text[0]} ${text.slice(1)}`;
    return { text, waveform: { channels: [say(text, generator)], sampleRate: 2000 } };
  });
}

function say(text: string, generator: Generator): Float32Array {
  const samples: number[] = [];
  const quiet = (count: number): void => {
    for (let i = 0; i < count; i++) samples.push(0.02 * generator.normal());
  };
  quiet(40);
  for (const letter of text) {
    if (letter === ' ') quiet(240);
    else {
      const [pitch, count] = [tones[letter]! * generator.uniform(0.95, 1.05), generator.integer(140, 200)];
      for (let i = 0; i < count; i++)
        samples.push(Math.sin((2 * Math.PI * pitch * i) / 2000) + 0.05 * generator.normal());
      quiet(100);
    }
  }
  return Float32Array.from(samples);
}
