import * as tf from '@tensorflow/tfjs-core';
import { FileError, InvalidArgumentError, UnsupportedError } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Files, ReadableFile } from '../platform/types.js';
import { platform } from '#platform';
import { cachedFolder, hubCache, hubUrl, localFolder, urlFolder, type Fetch, type Location } from './locations.js';
import { parseConfig, type Config } from './config.js';
import { findCheckpoint } from './pointer.js';
import { planLoad, tensorFor, type LoadOptions } from './state-dict.js';
import { openSafetensors, openShards, parseIndex, type TensorReader } from './tensor-reader.js';

/** An opened checkpoint. Close it when done. */
export interface Checkpoint {
  /** Names it in errors. */
  readonly where: string;
  readonly config: Config;
  readonly tensors: TensorReader;
  /** Another JSON file beside the weights, such as generation_config.json; null where there is none. @throws FileError for a broken one */
  readJson(name: string): Promise<Config | null>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** The hub to ask for ids like `org/name`. */
  readonly endpoint?: string;
  /** Branch, tag or commit on the hub; default `main`. */
  readonly revision?: string;
  /** Where files of the hub are kept. Default: `$HOURGLASS_CACHE`, else `~/.cache/hourglass`; null keeps none. */
  readonly cacheDir?: string | null;
  /** Replaces the global `fetch`, for instance to send credentials. */
  readonly fetch?: Fetch;
  /** Replaces the file system. */
  readonly files?: Files;
}

const weightFiles = ['model.safetensors', 'diffusion_pytorch_model.safetensors'];

/**
 * Opens a checkpoint in the layout the field uses: `config.json` and `model.safetensors`, in one piece or sharded. Headers
 * are read and checked, values only when asked for.
 *
 * @param source a folder (of a run that `fit` wrote: its best checkpoint), a `.safetensors` (or `.safetensors.index.json`) file, the URL of either, or a hub id `org/name`.
 * @throws FileError when something is missing or damaged; it names the file and what to do.
 */
export async function openCheckpoint(source: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const { location, file } = await locate(source, options);
  const tensors = await openTensors(source, location, file);
  try {
    const config = await readJson(location, 'config.json');
    // Weights alone, without a configuration, are fine when they were named as a file.
    if (config === null && file === null) {
      throw new FileError(location.path('config.json'), 'does not exist; a checkpoint folder needs it');
    }
    return {
      where: source,
      config: config ?? {},
      tensors,
      readJson: (name) => readJson(location, name),
      close: () => tensors.close(),
    };
  } catch (error) {
    await tensors.close();
    throw error;
  }
}

/**
 * Another configuration that lies beside a checkpoint, such as `preprocessor_config.json`; sources as in {@link openCheckpoint}.
 * @throws FileError when it is missing or no JSON object
 */
export async function openConfig(source: string, name: string, options: OpenOptions = {}): Promise<Config> {
  const { location } = await locate(source, options);
  const config = await readJson(location, name);
  if (config === null)
    throw new FileError(location.path(name), 'does not exist; copy it from where the checkpoint is from');
  return config;
}

/**
 * Loads a module from an opened checkpoint, tensor by tensor, so that a large checkpoint is never in memory twice.
 * The former values are put back when reading fails half-way.
 *
 * @throws CheckpointError as {@link loadStateDict} does, and FileError; then nothing was loaded.
 */
export async function loadCheckpoint(module: Module, checkpoint: Checkpoint, options: LoadOptions = {}): Promise<void> {
  const { tensors, where } = checkpoint;
  const former: Array<() => void> = [];
  let whole = false;
  try {
    for (const [leaf, key] of planLoad(module, tensors.specs, { where, ...options })) {
      const tensor = tensorFor(leaf, await tensors.read(key), key, where);
      const before = tf.clone(leaf.variable);
      former.push(() => {
        if (!whole) leaf.assign(before);
        before.dispose();
      });
      leaf.assign(tensor);
      tensor.dispose();
    }
    whole = true;
  } finally {
    for (const settle of former) settle();
  }
}

async function locate(source: string, options: OpenOptions): Promise<{ location: Location; file: string | null }> {
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const files = options.files ?? platform.files;
  const isWeights = (name: string): boolean => /\.safetensors(\.index\.json)?$/.test(name);
  if (/^https?:\/\//.test(source)) {
    const [address = ''] = source.split(/[?#]/);
    if (isWeights(address)) {
      const slash = address.lastIndexOf('/') + 1;
      return { location: urlFolder(address.slice(0, slash), fetch), file: decodeURIComponent(address.slice(slash)) };
    }
    return { location: urlFolder(address.endsWith('/') ? address : `${address}/`, fetch), file: null };
  }
  const kind = (await files?.kind(source)) ?? null;
  if (files !== null && kind === 'folder') {
    const isRun = (await files.kind(`${source}/config.json`)) === null;
    const folder = isRun ? ((await findCheckpoint(source, 'best', files)) ?? source) : source;
    return { location: localFolder(folder, files), file: null };
  }
  if (files !== null && kind === 'file') {
    if (!isWeights(source)) {
      throw new FileError(
        source,
        'is not a checkpoint: pass a folder or a .safetensors file; others must be converted',
      );
    }
    const slash = Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1;
    return { location: localFolder(source.slice(0, slash) || '.', files), file: source.slice(slash) };
  }
  const isHubId = /^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(source) && !isWeights(source);
  if (!isHubId) {
    if (files === null) throw new UnsupportedError(`${source}: a browser reads checkpoints from URLs and hub ids only`);
    throw new FileError(source, 'does not exist; pass a folder, a .safetensors file, a URL or a hub id (org/name)');
  }
  const { endpoint = 'https://huggingface.co', revision = 'main' } = options;
  if (!/^https?:\/\//.test(endpoint)) throw new InvalidArgumentError(`endpoint '${endpoint}' must begin with https://`);
  const base = hubUrl(source, revision, endpoint);
  const cache = options.cacheDir === undefined ? files?.cacheFolder : options.cacheDir;
  const folder = hubCache(cache ?? '', source, revision);
  return {
    location: files === null || cache == null ? urlFolder(base, fetch) : cachedFolder(base, folder, fetch, files),
    file: null,
  };
}

async function openTensors(source: string, location: Location, file: string | null): Promise<TensorReader> {
  const single = async (name: string, opened: ReadableFile): Promise<TensorReader> => {
    try {
      return await openSafetensors(opened, location.path(name));
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
  const sharded = (name: string, index: Config): Promise<TensorReader> => {
    const shard = async (part: string): Promise<TensorReader> => {
      const opened = await location.open(part);
      if (opened === null)
        throw new FileError(location.path(part), `does not exist, but ${name} names it; copy it too`);
      return single(part, opened);
    };
    return openShards(parseIndex(index, location.path(name)), shard, location.path(name));
  };
  const others = await location.list();
  const candidates = file === null ? weightFiles.flatMap((name) => [name, `${name}.index.json`]) : [file];
  // What is there for certain comes first: a checkpoint in the cache opens without the network.
  candidates.sort((a, b) => Number(others.includes(b)) - Number(others.includes(a)));
  for (const name of candidates) {
    if (name.endsWith('.json')) {
      const index = await readJson(location, name);
      if (index !== null) return sharded(name, index);
    } else {
      const opened = await location.open(name);
      if (opened !== null) return single(name, opened);
    }
  }
  if (file !== null) throw new FileError(location.path(file), 'does not exist; check its name');
  const alone = others.filter((name) => name.endsWith('.safetensors'));
  const opened = alone.length === 1 ? await location.open(alone[0]!) : null;
  if (opened !== null) return single(alone[0]!, opened);
  const pickles = others.filter((name) => /\.(bin|pt|pth|ckpt)$/.test(name));
  throw new FileError(
    source,
    `has no ${weightFiles[0]}${pickles.length > 0 ? ` (${pickles[0]} is a pickle, which is not read; convert it to safetensors)` : ''}; check the path`,
  );
}

/** Larger JSON files are not configurations. */
const maxJsonBytes = 2 ** 28;

async function readJson(location: Location, name: string): Promise<Config | null> {
  const file = await location.open(name);
  if (file === null) return null;
  let text: string;
  try {
    if (file.size > maxJsonBytes)
      throw new FileError(location.path(name), `is ${file.size} bytes long, too much for it`);
    text = new TextDecoder().decode(await file.read(0, file.size));
  } finally {
    await file.close();
  }
  return parseConfig(text, location.path(name));
}
