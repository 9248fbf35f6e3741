import { basename, extname, join } from 'node:path';
import { evaluationMode, progressed, type Watch } from '@hourglass/core';
import type { Waveform } from '../../data/waveform.js';
import type { CodecModel } from '../../models/codecs/index.js';
import { reconstructInParts } from '../../models/codecs/in-parts.js';
import { writeSound, writeSpectrogram } from '../../node/index.js';
import { usualCodebooks, type Sounds } from '../../training/index.js';
import { readAs } from '../../training/codec/segments.js';

/**
 * Writes some recordings as they are and as the codec gives them back with 1, 2, 4, … codebooks: WAV files, and a picture of
 * their spectrograms below each other.
 *
 * @param watch is told of recordings
 * @returns their paths
 */
export async function writeExamples(
  model: CodecModel<object>,
  sounds: Sounds,
  folder: string,
  count: number,
  watch: Watch = {},
): Promise<string[]> {
  const restore = evaluationMode(model);
  const written: string[] = [];
  try {
    const some = Math.min(count, sounds.length);
    for (let i = 0; i < some; i++) {
      const { waveform, name = String(i) } = await readAs(sounds, i, model);
      written.push(...(await writeExample(model, waveform, join(folder, basename(name, extname(name))), watch)));
      await progressed(watch, i + 1, some);
    }
  } finally {
    restore();
  }
  return written;
}

async function writeExample(
  model: CodecModel<object>,
  waveform: Waveform,
  stem: string,
  watch: Watch,
): Promise<string[]> {
  const codebooks = usualCodebooks(model.numCodebooks);
  const decoded = await reconstructInParts(model, waveform, codebooks, watch);
  const all = [
    { path: `${stem}-original.wav`, sound: waveform },
    ...decoded.map((sound, j) => ({ path: `${stem}-${codebooks[j]}-codebooks.wav`, sound })),
  ];
  for (const { path, sound } of all) await writeSound(path, sound);
  // the recording on top, then more and more codebooks
  const picture = `${stem}.png`;
  await writeSpectrogram(
    picture,
    all.map(({ sound }) => sound),
  );
  return [...all.map(({ path }) => path), picture];
}
