import { join } from 'node:path';
import { check, dealSplits, FileError, listNames, splitName, type Dataset } from '@hourglass/core';
import { isFile, readBytes } from '@hourglass/core/node';
import type { Waveform } from '../data/waveform.js';
import { listSounds, readSound } from './sound-files.js';

/** What is known of a recording besides its sound: speaker, digit, …. */
export type SoundFacts = Readonly<Record<string, string | number | boolean>>;

export interface SoundFile {
  /** Path below the folder, with '/'. Unique. */
  readonly name: string;
  readonly path: string;
  readonly facts: SoundFacts;
}

export interface SoundExample extends SoundFile {
  readonly waveform: Waveform;
}

/** Sound files on disk. Each is read when asked for. */
export interface SoundFolder extends Dataset<SoundExample> {
  readonly folder: string;
  readonly split: string;
  /** All splits that the folder has, in the order train, val, test. */
  readonly splits: readonly string[];
  /** Files by index. */
  readonly files: readonly SoundFile[];
  get(index: number): Promise<SoundExample>;
}

export interface OpenSoundOptions {
  /** Which part: 'train' (default), 'val', 'test', or 'all' of them. */
  readonly split?: string;
  /** Shuffles a folder that has no splits of its own before it is dealt out 8 : 1 : 1. Default 0. */
  readonly seed?: number;
}

/**
 * Opens a folder of sound files, the folders below it included. Splits are, in this order,
 *
 * - those of a `manifest.json`: a list of `{ "file": "train/a.wav", "split": "train", "speaker": "103", … }`, what else it says of a file
 *   becomes its `facts`; without `split` the file's first folder says it;
 * - for spoken digits, files `{digit}_{speaker}_{index}.wav` as the Free Spoken Digit Dataset has them, its official ones: recordings
 *   0 to 4 of each speaker's digit test, the others train; `facts` are digit, speaker and index;
 * - folders train, val (valid, dev), test;
 * - else dealt out 8 : 1 : 1 by `seed`.
 *
 * @throws FileError for a folder that is missing or without sound, a manifest that does not fit it, a split that it does not have
 */
export async function openSoundFolder(folder: string, options: OpenSoundOptions = {}): Promise<SoundFolder> {
  const { split = 'train', seed = 0 } = options;
  const names = await listSounds(folder);
  if (names.length === 0) throw new FileError(folder, 'holds no sound files (WAV, FLAC, MP3, Ogg, Opus)');
  const splits = (await manifestSplits(folder, names)) ?? digitSplits(folder, names) ?? folderSplits(folder, names);
  const dealt: ReadonlyMap<string, readonly SoundFile[]> = splits.has('all')
    ? dealSplits(splits.get('all')!, seed)
    : splits;
  const present = ['train', 'val', 'test'].filter((name) => (dealt.get(name)?.length ?? 0) > 0);
  const wanted = split === 'all' ? 'all' : (splitName(split) ?? split);
  const files = wanted === 'all' ? present.flatMap((name) => dealt.get(name)!) : dealt.get(wanted);
  if (files === undefined || files.length === 0)
    throw new FileError(folder, `has no split ${split}; it has ${present.join(', ')}`);
  return {
    folder,
    split: wanted,
    splits: present,
    files,
    length: files.length,
    async get(index) {
      const file = files[index];
      check(file !== undefined, `example ${index} does not exist, the folder's split has ${files.length}`);
      return { ...file, waveform: await readSound(file.path) };
    },
  };
}

type Splits = Map<string, SoundFile[]>;

function add(splits: Splits, split: string, file: SoundFile): void {
  const files = splits.get(split);
  if (files === undefined) splits.set(split, [file]);
  else files.push(file);
}

async function manifestSplits(folder: string, names: readonly string[]): Promise<Splits | null> {
  const path = join(folder, 'manifest.json');
  if (!(await isFile(path))) return null;
  const known = new Set(names);
  const splits: Splits = new Map();
  const missing: string[] = [];
  for (const { file, split, facts } of manifestEntries(path, await readBytes(path))) {
    if (!known.delete(file)) missing.push(file);
    else add(splits, split, { name: file, path: join(folder, file), facts });
  }
  if (missing.length > 0)
    throw new FileError(path, `lists ${missing.length} files that are not there, or twice: ${listNames(missing)}`);
  if (splits.has('all') && splits.size > 1)
    throw new FileError(path, `gives a split to some files and none to others: ${splits.get('all')![0]!.name}`);
  if (splits.size === 0) throw new FileError(path, 'lists no file');
  return splits;
}

interface ManifestEntry {
  readonly file: string;
  readonly split: string;
  readonly facts: SoundFacts;
}

function manifestEntries(path: string, bytes: Uint8Array): ManifestEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new FileError(path, 'is no JSON', { cause: error });
  }
  if (!Array.isArray(parsed)) throw new FileError(path, 'should be a list of entries with a "file" each');
  return parsed.map((entry: unknown, i) => {
    const { file, split, ...rest } = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<
      string,
      unknown
    >;
    if (typeof file !== 'string') throw new FileError(path, `has no "file" in entry ${i}`);
    const said = typeof split === 'string' ? split : file.includes('/') ? file.slice(0, file.indexOf('/')) : '';
    const facts = Object.entries(rest).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
    return { file, split: splitName(said) ?? 'all', facts: Object.fromEntries(facts) as SoundFacts };
  });
}

function digitSplits(folder: string, names: readonly string[]): Splits | null {
  const splits: Splits = new Map();
  for (const name of names) {
    const [, digit, speaker, index] = /(?:^|\/)(\d)_([a-z]+)_(\d+)\.wav$/i.exec(name) ?? [];
    if (speaker === undefined) return null;
    const facts = { digit: Number(digit), speaker, index: Number(index) };
    add(splits, facts.index < 5 ? 'test' : 'train', { name, path: join(folder, name), facts });
  }
  return splits;
}

function folderSplits(folder: string, names: readonly string[]): Splits {
  const files = names.map((name) => ({ name, path: join(folder, name), facts: {} }));
  const split = ({ name }: SoundFile): string | null =>
    name.includes('/') ? splitName(name.slice(0, name.indexOf('/'))) : null;
  const splits: Splits = new Map();
  // one file outside of the splits, and they are no splits
  const isSplit = files.every((file) => split(file) !== null);
  for (const file of files) add(splits, isSplit ? split(file)! : 'all', file);
  return splits;
}
