import { FileError } from '../errors.js';
import type { ReadableFile } from '../platform/types.js';
import { headerLength, parseHeader, type StoredTensor } from './safetensors.js';
import type { TensorSpec } from './state-dict.js';

/** The tensors of a checkpoint; shapes are known at once, values are read when asked for. */
export interface TensorReader {
  readonly specs: ReadonlyMap<string, TensorSpec>;
  readonly metadata: Readonly<Record<string, string>>;
  /** @throws FileError when there is no such tensor or the file cannot be read. */
  read(name: string): Promise<StoredTensor>;
  close(): Promise<void>;
}

/** Reads the header of a safetensors file, checked against the size of the file before anything is allocated. */
export async function openSafetensors(file: ReadableFile, path: string): Promise<TensorReader> {
  const length = headerLength(await file.read(0, Math.min(8, file.size)), file.size, path);
  const data = 8 + length;
  const { metadata, entries } = parseHeader(await file.read(8, length), file.size - data, path);
  return {
    specs: entries,
    metadata,
    close: () => file.close(),
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) throw new FileError(path, `has no tensor '${name}'`);
      const { dtype, shape, begin, end } = entry;
      return { dtype, shape, bytes: await file.read(data + begin, end - begin) };
    },
  };
}

/** A checkpoint in several files. `weightMap` says which tensor lies in which; `open` opens a file by its name. */
export async function openShards(
  weightMap: ReadonlyMap<string, string>,
  open: (name: string) => Promise<TensorReader>,
  indexPath: string,
): Promise<TensorReader> {
  const shards = new Map<string, TensorReader>();
  const close = async (): Promise<void> => {
    for (const shard of shards.values()) await shard.close();
  };
  const specs = new Map<string, TensorSpec>();
  try {
    for (const name of new Set(weightMap.values())) shards.set(name, await open(name));
    for (const [tensor, name] of weightMap) {
      const spec = shards.get(name)!.specs.get(tensor);
      if (spec === undefined) {
        throw new FileError(indexPath, `damaged: it says that '${tensor}' lies in ${name}, which does not hold it`);
      }
      specs.set(tensor, spec);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    specs,
    metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)) as Record<string, string>,
    close,
    async read(tensor) {
      const name = weightMap.get(tensor);
      if (name === undefined) throw new FileError(indexPath, `has no tensor '${tensor}'`);
      return shards.get(name)!.read(tensor);
    },
  };
}

/** Parses `model.safetensors.index.json`. Files outside its folder are refused. */
export function parseIndex(index: Readonly<Record<string, unknown>>, path: string): Map<string, string> {
  const map = index['weight_map'];
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new FileError(path, "damaged: it has no 'weight_map'; copy it again");
  }
  const result = new Map<string, string>();
  for (const [tensor, name] of Object.entries(map as Record<string, unknown>)) {
    if (typeof name !== 'string' || !isInside(name)) {
      throw new FileError(
        path,
        `names the file ${JSON.stringify(name)} for '${tensor}': only files beside it are allowed`,
      );
    }
    result.set(tensor, name);
  }
  if (result.size === 0) throw new FileError(path, "damaged: its 'weight_map' is empty; copy it again");
  return result;
}

/** A relative path without a way out of its folder, on any system and in a URL. */
function isInside(name: string): boolean {
  return name.split('/').every((part) => /^[\w.+=@ -]+$/.test(part) && !/^\.+$/.test(part) && part === part.trim());
}
