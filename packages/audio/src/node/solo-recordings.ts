import { FileError } from '@hourglass/core';
import type { SoloRecording } from '../data/mixtures.js';
import { resampleWaveform } from '../signal/resample.js';
import type { SoundFile, SoundFolder } from './sound-folder.js';

/**
 * Reads the recordings of a folder to mix them; see {@link sourceOf}.
 *
 * @param keep of which files; default all
 * @param sampleRate Hz; others are resampled to it. Default as they are
 * @throws FileError for sound that cannot be read, or no file
 */
export async function readSoloRecordings(
  folder: SoundFolder,
  keep: (file: SoundFile, index: number) => boolean = () => true,
  sampleRate?: number,
): Promise<SoloRecording[]> {
  const recordings: SoloRecording[] = [];
  for (const [index, file] of folder.files.entries()) {
    if (!keep(file, index)) continue;
    const { waveform } = await folder.get(index);
    recordings.push({
      waveform: resampleWaveform(waveform, sampleRate ?? waveform.sampleRate),
      source: sourceOf(file),
    });
  }
  if (recordings.length === 0) throw new FileError(folder.folder, `has no recordings to mix in ${folder.split}`);
  return recordings;
}

/** Who or what is heard in a file: its fact `speaker` or `source` or, where there is none, the folder that it lies in; null where nobody says. */
export function sourceOf({ name, facts }: SoundFile): string | null {
  const said = facts['speaker'] ?? facts['source'];
  if (said !== undefined) return String(said);
  const slash = name.lastIndexOf('/');
  return slash < 0 ? null : name.slice(0, slash);
}
