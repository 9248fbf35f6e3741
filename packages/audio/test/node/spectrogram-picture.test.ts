import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decode } from 'fast-png';
import { beforeAll, expect, it } from 'vitest';
import { useTestBackend } from '@hourglass/core/testing';
import { spectrogramPicture, type Picture, type Waveform } from '@hourglass/audio';
import { writeSpectrogram } from '@hourglass/audio/node';

beforeAll(() => useTestBackend('wasm'));

function tone(frequency: number, length: number): Waveform {
  const samples = Float32Array.from({ length }, (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / 8000));
  return { channels: [samples], sampleRate: 8000 };
}

/** The row of a column where a picture is lightest, of those from `top` on. */
function lightest({ width, data }: Picture, column: number, top: number, rows: number): number {
  const light = (row: number): number =>
    data
      .subarray(((top + row) * width + column) * 3)
      .slice(0, 3)
      .reduce((a, b) => a + b);
  return Array.from({ length: rows }, (_, row) => light(row)).reduce(
    (best, value, row, all) => (value > all[best]! ? row : best),
    0,
  );
}

it('shows tones where their frequencies are, several sounds below each other', async () => {
  const before = tf.memory().numTensors;
  const picture = await spectrogramPicture([tone(1000, 4000), tone(3000, 2000)], {
    scale: 'linear',
    nFft: 256,
    hopLength: 100,
  });
  expect([picture.width, picture.height]).toEqual([41, 2 * 129 + 4]);
  // 129 rows up to 4 kHz, the highest first
  expect(lightest(picture, 20, 0, 129)).toBe(128 - 32);
  expect(lightest(picture, 10, 133, 129)).toBe(128 - 96);
  // beyond the shorter sound the picture stays white
  expect([...picture.data.subarray((140 * 41 + 40) * 3, (140 * 41 + 41) * 3)]).toEqual([255, 255, 255]);
  expect(tf.memory().numTensors).toBe(before);
});

it('is written as PNG', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spectrogram-'));
  await writeSpectrogram(join(folder, 'a', 'tone.png'), tone(500, 3000), { nMels: 64, height: 100 });
  const { width, height, channels } = decode(await readFile(join(folder, 'a', 'tone.png')));
  expect([width, height, channels]).toEqual([47, 100, 3]);
  await rm(folder, { recursive: true });
  await expect(spectrogramPicture([])).rejects.toThrow('one sound at least');
});
