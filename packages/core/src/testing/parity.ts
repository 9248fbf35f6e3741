import type * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../checkpoint/index.js';
import type { Module } from '../module/index.js';

/** Tensors by name, in the REFERENCE's layout (NCHW, OIHW, …), on the side of inputs and of outputs. */
export type NamedTensors = Record<string, tf.Tensor>;

/** One thing to check: a model of a folder, or one case of a folder of small operations. */
export interface ParityCase {
  /** Absolute path of the golden folder. */
  readonly folder: string;
  /** Parsed config.json of the folder. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Parsed call.json, or {}. */
  readonly call: Readonly<Record<string, unknown>>;
  /** The operation's name; '' for a folder with one model. */
  readonly op: string;
  /** The operation's arguments as config.json has them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Tensors of model.safetensors, in the reference's layout; for a case those under `<id>.`, without that prefix. */
  readonly parameters: ReadonlyMap<string, StoredTensor>;
  /** Inputs as saved. Floats are float32, integers int32, booleans bool. */
  readonly inputs: Readonly<NamedTensors>;
  /** Names and shapes of the expected outputs, for operations with optional results. */
  readonly outputs: ReadonlyMap<string, readonly number[]>;
}

/**
 * What an adapter makes of a case. The runner calls `forward` (also under a gradient tape, with the same inputs made
 * differentiable), compares every saved output by name, and checks every saved gradient, of inputs and of `module`'s parameters.
 */
export interface Runnable {
  /** Its parameters must carry the names that `grad.<name>` uses. Disposed by the runner. */
  readonly module?: Module;
  /** Takes the saved inputs, returns the outputs in the reference's layout. Runs inside a tidy. */
  forward(inputs: Readonly<NamedTensors>): NamedTensors;
  /** Frees what `module` does not hold. */
  readonly dispose?: () => void;
}

/** Makes known operations or models runnable. Files `packages/<package>/test/parity/*.ts` export a list named `adapters`. */
export interface ParityAdapter {
  /** The one library whose cases it knows. It goes before adapters without, which may know an operation of the same name. */
  readonly library?: string;
  /** True when this adapter can run the case. Decide on `op` (small operations) or on `config` (models). */
  knows(parityCase: ParityCase): boolean;
  prepare(parityCase: ParityCase): Runnable | Promise<Runnable>;
}

/** An adapter for small operations: each key is an `op` of config.json. */
export function opAdapter(
  ops: Readonly<Record<string, (parityCase: ParityCase) => Runnable | Promise<Runnable>>>,
): ParityAdapter {
  return {
    knows: ({ op }) => Object.hasOwn(ops, op),
    prepare: (parityCase) => ops[parityCase.op]!(parityCase),
  };
}
