import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findCheckpoint } from '../../checkpoint/index.js';
import { check, FileError } from '../../errors.js';
import { flagName, type OptionSpecs } from '../../tasks/index.js';
import { writeJson } from '../files.js';

const fileName = 'settings.json';

/** Settings of a run that decide its result, and may not change between its parts. */
type Settings = Readonly<Record<string, unknown>>;

/**
 * The settings of a training command: as given, or those of the run that it goes on with, whose data may have moved and whose backend
 * may be another one.
 * @param options the command's, by whose defaults one sees what was given
 * @throws FileError when the folder holds a run that is not to be resumed, or none to resume; InvalidArgumentError for a setting that is
 * not the run's.
 */
export function settingsOf<S extends { readonly run: string; readonly resume: boolean }>(
  given: S,
  options: OptionSpecs,
): S {
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
  const saved = savedSettings(run);
  const moved: Record<string, unknown> = {};
  for (const [key, { kind, default: usual = kind === 'flag' ? false : undefined }] of Object.entries(options)) {
    const value = (given as Settings)[key];
    if (key === 'run' || key === 'resume' || value === undefined || isSame(value, usual)) continue;
    if (key === 'data' || key === 'backend') moved[key] = value;
    else {
      check(
        isSame(value, saved[key]),
        () =>
          `the run in ${run} has ${flagName(key)} ${String(saved[key] ?? usual ?? '(not given)')}, and keeps it; leave ${flagName(key)} ${String(value)} out, or begin another run`,
      );
    }
  }
  return { ...given, ...saved, ...moved, run, resume: true };
}

/** The settings that a run was trained with; none where the folder is no run. @throws FileError when they are damaged */
export function savedSettings(run: string): Settings {
  const path = join(run, fileName);
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Settings;
  } catch (cause) {
    throw new FileError(path, 'is damaged: not valid JSON', { cause });
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

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
