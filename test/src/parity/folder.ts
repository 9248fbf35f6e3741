import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FileError, parseSafetensors, type SafetensorsFile, type StoredTensor } from '@hourglass/core';

export interface Bound {
  readonly max_abs_err?: number;
  readonly max_abs?: number;
  readonly mismatches?: number;
}

/** A golden folder as it lies on disk; see the README beside the goldens for the format. */
export interface GoldenFolder {
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly call: Readonly<Record<string, unknown>>;
  readonly io: SafetensorsFile;
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  readonly tolerance: Readonly<Record<string, Bound>>;
}

/** @throws FileError when the folder is not in the golden format. */
export function readGoldenFolder(path: string): GoldenFolder {
  const at = (name: string): string => join(path, name);
  const json = (name: string): Record<string, unknown> => {
    try {
      return JSON.parse(readFileSync(at(name), 'utf8')) as Record<string, unknown>;
    } catch (cause) {
      throw new FileError(
        at(name),
        'missing or not valid JSON; a golden folder needs config.json, io.safetensors and tolerance.json',
        {
          cause,
        },
      );
    }
  };
  const tensors = (name: string): SafetensorsFile => parseSafetensors(readFileSync(at(name)), at(name));
  if (!existsSync(at('io.safetensors')))
    throw new FileError(at('io.safetensors'), 'missing; this is not a golden folder');
  return {
    path: resolve(path),
    config: json('config.json'),
    call: existsSync(at('call.json')) ? json('call.json') : {},
    io: tensors('io.safetensors'),
    parameters: existsSync(at('model.safetensors')) ? tensors('model.safetensors').tensors : new Map(),
    tolerance: json('tolerance.json') as Record<string, Bound>,
  };
}
