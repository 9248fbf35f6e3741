import { basename, extname, join } from 'node:path';
import type { CodecModel } from '../../models/codecs/index.js';
import { reconstructInParts } from '../../models/codecs/in-parts.js';
import { writeSound, writeSpectrogram } from '../../node/index.js';
import { usualCodebooks, type Sounds } from '../../training/index.js';
import { readAs } from '../../training/codec/segments.js';

/**
 * Writes some recordings as they are and as the codec gives them back with 1, 2, 4, … codebooks: WAV files, and a picture of
 * their spectrograms below each other.
 *
 * @returns their paths
 */
export async function writeExamples(
  model: CodecModel<object>,
  sounds: Sounds,
  folder: string,
  count: number,
): Promise<string[]> {
  const written: string[] = [];
  for (let i = 0; i < Math.min(count, sounds.length); i++) {
    const waveform = await readAs(sounds, i, model);
    const { name = String(i) } = await sounds.get(i);
    const stem = join(folder, basename(name, extname(name)));
    const codebooks = usualCodebooks(model.numCodebooks);
    const all = [{ path: `${stem}-original.wav`, waveform }];
    for (const [j, decoded] of (await reconstructInParts(model, waveform, codebooks)).entries()) {
      all.push({ path: `${stem}-${codebooks[j]}-codebooks.wav`, waveform: decoded });
    }
    for (const { path, waveform: sound } of all) {
      await writeSound(path, sound);
      written.push(path);
    }
    // the recording on top, then more and more codebooks
    const picture = `${stem}.png`;
    await writeSpectrogram(
      picture,
      all.map(({ waveform: sound }) => sound),
    );
    written.push(picture);
  }
  return written;
}
