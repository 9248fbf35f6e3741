import * as tf from '@tensorflow/tfjs-core';
import { CheckpointError } from '../errors.js';
import { checkpointShape, toCheckpoint, toMemory } from '../module/layout.js';
import type { Module } from '../module/module.js';
import { StateBuffer, type Parameter } from '../module/parameter.js';
import { renameKeys, renaming, type RenameRule } from './rename.js';
import type { SafetensorsDtype, StoredTensor } from './safetensors.js';
import { decodeValues, encodeValues, type TensorValues } from './values.js';

type Leaf = Parameter | StateBuffer;

/** What is known of a stored tensor before its values are read. */
export type TensorSpec = Pick<StoredTensor, 'dtype' | 'shape'>;

export interface LoadOptions {
  /** How the checkpoint's names become the module's. */
  readonly rename?: readonly RenameRule[];
  /** Keys left alone on both sides: neither loaded nor missed. Tried on the checkpoint's and on the module's names. */
  readonly ignore?: readonly RegExp[];
  /** Names the checkpoint in errors. */
  readonly where?: string;
}

/** Parameters and persistent buffers, each once, under its first name. */
export function persistentState(module: Module): Map<string, Leaf> {
  const result = new Map<string, Leaf>();
  const seen = new Set<Leaf>();
  for (const [name, leaf] of module.namedState()) {
    if (seen.has(leaf) || !isPersistent(leaf)) continue;
    seen.add(leaf);
    result.set(name, leaf);
  }
  return result;
}

/** Element type in a checkpoint: the reference's integer buffers (`num_batches_tracked`, indices) have 64 bits. */
export function storedDtype(dtype: tf.DataType): SafetensorsDtype {
  return dtype === 'int32' ? 'I64' : dtype === 'bool' ? 'BOOL' : 'F32';
}

/** Values in memory order as a checkpoint holds them. */
export function storeValues(values: tf.TypedArray, leaf: Pick<Leaf, 'layout' | 'shape' | 'dtype'>): StoredTensor {
  const typed = { dtype: leaf.dtype, values: toCheckpoint(leaf.layout, values as Float32Array, leaf.shape) };
  return encodeValues(typed as TensorValues, checkpointShape(leaf.layout, leaf.shape), 'I64');
}

/**
 * Parameters and persistent buffers under the reference's names and in its layout; a shared tensor once, under its first
 * name. Reads from the backend synchronously.
 */
export function stateDict(
  module: Module,
  options: { readonly rename?: readonly RenameRule[] } = {},
): Map<string, StoredTensor> {
  const own = Array.from(
    persistentState(module),
    ([name, leaf]) => [name, storeValues(leaf.variable.dataSync(), leaf)] as const,
  );
  return renameKeys(own, renaming(options.rename).toReference, 'the model');
}

/**
 * Loads tensors as {@link stateDict} gives them. Of a shared tensor's names one suffices, and buffers that are not
 * persistent are left out. `num_batches_tracked` may be missing, as in checkpoints from before torch had it.
 *
 * @throws CheckpointError naming all missing, left-over and misshapen keys; then nothing was loaded.
 */
export function loadStateDict(
  module: Module,
  tensors: ReadonlyMap<string, StoredTensor>,
  options: LoadOptions = {},
): void {
  const staged: Array<[Leaf, tf.Tensor]> = [];
  try {
    for (const [leaf, key] of planLoad(module, tensors, options)) {
      staged.push([leaf, tensorFor(leaf, tensors.get(key)!, key, options.where)]);
    }
    for (const [leaf, tensor] of staged) leaf.assign(tensor);
  } finally {
    for (const [, tensor] of staged) tensor.dispose();
  }
}

/** Which stored key goes into which tensor of the module. All keys are checked; see {@link loadStateDict}. */
export function planLoad(
  module: Module,
  specs: ReadonlyMap<string, TensorSpec>,
  options: LoadOptions,
): Map<Leaf, string> {
  const where = options.where ?? 'the checkpoint';
  const names = renaming(options.rename);
  const ignored = (...keys: string[]): boolean =>
    options.ignore?.some((pattern) => keys.some((key) => key.search(pattern) !== -1)) ?? false;

  const available = new Map<string, string>();
  const kept = [...specs.keys()].filter((key) => !ignored(key, names.toOurs(key)));
  for (const [ours, key] of renameKeys(
    kept.map((key) => [key, key] as const),
    names.toOurs,
    where,
  )) {
    available.set(ours, key);
  }

  const namesOf = new Map<Leaf, string[]>();
  for (const [name, leaf] of module.namedState()) namesOf.set(leaf, [...(namesOf.get(leaf) ?? []), name]);

  const plan = new Map<Leaf, string>();
  const missing: string[] = [];
  const misfits: string[] = [];
  for (const [leaf, own] of namesOf) {
    const present = own.filter((name) => available.has(name));
    if (present.length > 0 && isPersistent(leaf)) plan.set(leaf, available.get(present[0]!)!);
    else if (isPersistent(leaf) && !own.some((name) => ignored(name, names.toReference(name)) || isCounter(name))) {
      missing.push(names.toReference(own[0]!));
    }
    for (const name of present) {
      const key = available.get(name)!;
      available.delete(name);
      const misfit = isPersistent(leaf) ? misfitOf(leaf, specs.get(key)!) : null;
      if (misfit !== null) misfits.push(`${key} (${misfit})`);
    }
  }
  const leftOver = [...available.values()];
  const problems = [listing('missing', missing), listing('left-over', leftOver), listing('misshapen', misfits)].filter(
    (line) => line !== null,
  );
  if (problems.length > 0) {
    throw new CheckpointError(
      `${where}: does not fit the model, nothing was loaded: ${problems.join('; ')}. ` +
        'Is it the checkpoint of this model with these options? Keys to leave out on purpose go into `ignore`.',
    );
  }
  return plan;
}

/** A stored tensor as it lies in memory for `leaf`. */
export function tensorFor(leaf: Leaf, stored: StoredTensor, key: string, where = 'the checkpoint'): tf.Tensor {
  let decoded: TensorValues;
  try {
    decoded = decodeValues(stored);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CheckpointError(`${where}: key ${key}: ${cause.message}; nothing was loaded`, { cause });
  }
  const values = toMemory(leaf.layout, cast(decoded, leaf.dtype), stored.shape);
  return tf.tensor(values, leaf.shape, leaf.dtype);
}

function isPersistent(leaf: Leaf): boolean {
  return !(leaf instanceof StateBuffer) || leaf.persistent;
}

/** Batch counters are younger than many public checkpoints; torch lets them be missing too. */
function isCounter(name: string): boolean {
  return /(^|\.)num_batches_tracked$/.test(name);
}

function misfitOf(leaf: Leaf, stored: TensorSpec): string | null {
  const want = leaf.checkpointShape;
  if (!tf.util.arraysEqual(want, [...stored.shape])) {
    return `checkpoint [${stored.shape.join(', ')}], model [${want.join(', ')}]`;
  }
  const isFloat = /^B?F/.test(stored.dtype);
  const fits =
    leaf.dtype === 'float32' ||
    (leaf.dtype === 'int32' && !isFloat) ||
    (leaf.dtype === 'bool' && (stored.dtype === 'BOOL' || stored.dtype === 'U8'));
  return fits ? null : `checkpoint has element type ${stored.dtype}, model ${leaf.dtype}`;
}

function cast({ dtype, values }: TensorValues, to: tf.DataType): Float32Array | Int32Array | Uint8Array {
  if (dtype === to) return values;
  return to === 'float32'
    ? Float32Array.from(values)
    : to === 'int32'
      ? Int32Array.from(values)
      : Uint8Array.from(values);
}

function listing(kind: string, keys: readonly string[]): string | null {
  if (keys.length === 0) return null;
  const shown = keys.slice(0, 10).join(', ');
  const more = keys.length > 10 ? ` and ${keys.length - 10} more` : '';
  return `${keys.length} ${kind} ${keys.length === 1 ? 'key' : 'keys'}: ${shown}${more}`;
}
