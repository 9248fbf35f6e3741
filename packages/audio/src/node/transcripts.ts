import { basename, dirname, extname, join } from 'node:path';
import { FileError, listNames, map, type Dataset } from '@hourglass/core';
import { isFile, listFolder, readLines } from '@hourglass/core/node';
import type { Transcribed } from '../training/recognition.js';
import { openSoundFolder, type OpenSoundOptions, type SoundFile, type SoundFolder } from './sound-folder.js';

export interface TranscribedExample extends Transcribed, SoundFile {}

/** Sound files with what is said in them. */
export interface TranscribedFolder extends Dataset<TranscribedExample> {
  readonly sounds: SoundFolder;
  /** By index. */
  readonly texts: readonly string[];
}

const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/**
 * Opens a folder of sound files with transcripts; splits are those of openSoundFolder. A transcript comes from, in this order,
 *
 * - `text`, `transcript` or `sentence` of the file's entry in `manifest.json`;
 * - `transcripts.tsv`: on each line a file (its path below the folder, or its name with or without extension), a tab, and the text;
 * - the `*.trans.txt` beside it, as LibriSpeech has them: the name without extension, a space, and the text;
 * - a text file of the same name beside it;
 * - for spoken digits, files `{digit}_{speaker}_{index}.wav`, the digit's English word.
 *
 * @throws FileError as openSoundFolder does, and for files without a transcript
 */
export async function openTranscribedFolder(
  folder: string,
  options: OpenSoundOptions = {},
): Promise<TranscribedFolder> {
  const sounds = await openSoundFolder(folder, options);
  const table = await readTable(folder);
  const beside = new Map<string, ReadonlyMap<string, string>>();
  const texts: string[] = [];
  const without: string[] = [];
  for (const file of sounds.files) {
    const place = dirname(file.path);
    if (!beside.has(place)) beside.set(place, await readBeside(place));
    const text = textOf(file, table, beside.get(place)!);
    if (text === null) without.push(file.name);
    else texts.push(text);
  }
  if (without.length > 0) {
    throw new FileError(
      folder,
      `has no transcript for ${listNames(without)}; write transcripts.tsv with a file, a tab and its text on each line`,
    );
  }
  const { files } = sounds;
  return {
    ...map(sounds, (example, { index }): TranscribedExample => ({ ...files[index]!, ...example, text: texts[index]! })),
    sounds,
    texts,
  };
}

function textOf(
  { name, facts }: SoundFile,
  table: ReadonlyMap<string, string> | null,
  beside: ReadonlyMap<string, string>,
): string | null {
  for (const key of ['text', 'transcript', 'sentence']) {
    const said = facts[key];
    if (typeof said === 'string') return said;
  }
  const stem = basename(name, extname(name));
  const listed = table?.get(name) ?? table?.get(basename(name)) ?? table?.get(stem) ?? beside.get(stem);
  if (listed !== undefined) return listed;
  const { digit } = facts;
  return typeof digit === 'number' ? (digits[digit] ?? null) : null;
}

async function readTable(folder: string): Promise<ReadonlyMap<string, string> | null> {
  const path = join(folder, 'transcripts.tsv');
  if (!(await isFile(path))) return null;
  const texts = new Map<string, string>();
  for (const [i, line] of (await readLines(path)).entries()) {
    if (line.trim() === '') continue;
    const tab = line.indexOf('\t');
    if (tab <= 0) throw new FileError(path, `line ${i + 1} should be a file, a tab and its text, it is '${line}'`);
    texts.set(line.slice(0, tab).trim(), line.slice(tab + 1).trim());
  }
  return texts;
}

/** Texts of a folder's sounds by their names without extension. */
async function readBeside(folder: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { name } of await listFolder(folder)) {
    if (!name.endsWith('.txt')) continue;
    const lines = await readLines(join(folder, name));
    if (!name.endsWith('.trans.txt')) texts.set(basename(name, '.txt'), lines.join(' '));
    else {
      for (const line of lines) {
        const [, id, text] = /^(\S+)\s+(.*)$/u.exec(line.trim()) ?? [];
        if (id !== undefined) texts.set(id, text!);
      }
    }
  }
  return texts;
}
