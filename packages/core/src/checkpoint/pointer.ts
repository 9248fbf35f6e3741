import { FileError, UnsupportedError } from '../errors.js';
import type { Files } from '../platform/types.js';
import { platform } from '#platform';
import { parseConfig } from './config.js';

/** Names of a run's checkpoint folders, beside this file. */
export interface Pointer {
  readonly latest: string;
  readonly best: string | null;
}

export const pointerName = 'pointer.json';

/** Step of a checkpoint folder's name; -1 for other names. */
export function stepOf(name: string): number {
  return Number(/^step-(\d+)$/.exec(name)?.[1] ?? -1);
}

/** What `checkpoints/pointer.json` of a run says; null when there is none. */
export async function readPointer(folder: string, files: Files): Promise<Pointer | null> {
  const path = `${folder}/${pointerName}`;
  if ((await files.kind(path)) === null) return null;
  const { latest, best } = parseConfig(new TextDecoder().decode(await files.read(path)), path);
  const isName = (name: unknown): name is string => typeof name === 'string' && stepOf(name) >= 0;
  if (!isName(latest) || !(best === null || isName(best))) {
    throw new FileError(path, 'damaged; write {"latest":"step-…","best":null} with the name of a folder beside it');
  }
  return { latest, best };
}

/**
 * Folder of the best checkpoint (or, when none was marked, the latest), or of the latest, of a run that `fit` wrote. Null
 * when there is none.
 * @param run the folder that `fit` was given.
 */
export async function findCheckpoint(
  run: string,
  which: 'best' | 'latest' = 'best',
  files: Files | null = platform.files,
): Promise<string | null> {
  if (files === null) throw new UnsupportedError(`${run}: a browser reads checkpoints from URLs and hub ids only`);
  const folder = `${run}/checkpoints`;
  const pointer = await readPointer(folder, files);
  if (pointer === null) return null;
  return `${folder}/${which === 'best' ? (pointer.best ?? pointer.latest) : pointer.latest}`;
}
