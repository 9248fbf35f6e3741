import { join } from 'node:path';
import { FileError, Generator } from '@hourglass/core';
import { isFolder, listFolder } from '@hourglass/core/node';
import { checkChannels, type Sequence } from '../data/sequence.js';
import { readSequence } from './csv.js';

export type Split = 'train' | 'val' | 'test';

/** Sequences by split. */
export type SequenceSplits = Readonly<Record<Split, readonly Sequence[]>>;

/** CSV files of a folder, sorted, with their paths. */
export async function listSequences(folder: string): Promise<string[]> {
  return (await listFolder(folder))
    .filter((entry) => entry.isFile() && /^[^.].*\.(csv|tsv)$/i.test(entry.name))
    .map(({ name }) => join(folder, name));
}

/**
 * The sequences of a folder of CSV files. Where it has folders train, val and test, these are the splits; else every tenth
 * file is for validation, another for tests, the same ones each time.
 * @throws FileError for what is missing or damaged; InvalidArgumentError when files have different numbers of channels.
 */
export async function openSequences(folder: string): Promise<SequenceSplits> {
  const read = (paths: readonly string[]): Promise<Sequence[]> => Promise.all(paths.map(readSequence));
  const splits = (await isFolder(join(folder, 'train'))) ? await own(folder) : split(await listSequences(folder));
  const files = [...splits.train, ...splits.val, ...splits.test];
  if (files.length === 0) throw new FileError(folder, 'holds no CSV files; put one file for each sequence into it');
  if (splits.train.length === 0) throw new FileError(join(folder, 'train'), 'holds no CSV files to train on');
  const [train, val, test] = await Promise.all([read(splits.train), read(splits.val), read(splits.test)]);
  checkChannels([...train, ...val, ...test]);
  return { train, val, test };
}

async function own(folder: string): Promise<Record<Split, string[]>> {
  const list = async (name: Split): Promise<string[]> => {
    const path = join(folder, name);
    return (await isFolder(path)) ? listSequences(path) : [];
  };
  return { train: await list('train'), val: await list('val'), test: await list('test') };
}

/** A tenth each to validate and to test on, at least one each where there are three or more. */
export function split<T>(items: readonly T[]): Record<Split, T[]> {
  const order = new Generator(0).permutation(items.length);
  const part = items.length < 3 ? 0 : Math.ceil(items.length / 10);
  const pick = (from: number, to?: number): T[] => Array.from(order.slice(from, to), (i) => items[i]!);
  return { val: pick(0, part), test: pick(part, 2 * part), train: pick(2 * part) };
}
