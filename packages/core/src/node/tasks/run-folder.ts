import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findCheckpoint } from '../../checkpoint/index.js';
import { FileError } from '../../errors.js';
import { writeJson } from '../files.js';

const fileName = 'settings.json';

/** Settings of a run that decide its result, and may not change between its parts. */
type Settings = Readonly<Record<string, unknown>>;

/**
 * The settings of a training command: as given, or those of the run that it goes on with.
 * @throws FileError when the folder holds a run that is not to be resumed, or none to resume.
 */
export function settingsOf<S extends { readonly run: string; readonly resume: boolean }>(given: S): S {
  const { run, resume } = given;
  const path = join(run, fileName);
  if (!resume) {
    if (existsSync(path)) {
      throw new FileError(run, 'holds a run already: go on with --resume, or choose another folder with --run');
    }
    return given;
  }
  if (!existsSync(path))
    throw new FileError(run, 'holds no run to resume: it has no settings.json; leave out --resume to begin one');
  try {
    return { ...given, ...(JSON.parse(readFileSync(path, 'utf8')) as Settings), run, resume: true };
  } catch (cause) {
    throw new FileError(path, 'is damaged: not valid JSON', { cause });
  }
}

/**
 * Runs a training with its settings kept in the run's folder. One that fails before its first checkpoint leaves nothing, so
 * that the corrected command can use the same folder.
 */
export async function inRunFolder<R>(
  settings: Settings & { readonly run: string; readonly resume: boolean },
  train: () => Promise<R>,
): Promise<R> {
  const { run, resume } = settings;
  const isNew = !existsSync(run);
  if (!resume) await writeJson(join(run, fileName), settings);
  try {
    return await train();
  } catch (error) {
    if ((await findCheckpoint(run, 'latest')) === null) {
      await rm(isNew ? run : join(run, fileName), { recursive: true, force: true });
    }
    throw error;
  }
}
