import * as tf from '@tensorflow/tfjs-core';
import type { Content } from '../checkpoint/atomic.js';
import { textContent } from '../checkpoint/atomic.js';
import { parseConfig, type Config } from '../checkpoint/config.js';
import { modelContents, type SaveOptions } from '../checkpoint/pretrained.js';
import { layOutSafetensors, type SafetensorsDtype } from '../checkpoint/safetensors.js';
import { openSafetensors } from '../checkpoint/tensor-reader.js';
import { decodeValues, encodeValues, type TensorValues } from '../checkpoint/values.js';
import { FileError } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Json } from '../optim/index.js';
import type { Files } from '../platform/types.js';
import type { CheckpointStore } from './checkpoints.js';

/** What a run needs to go on besides its model: tensors in memory layout, and JSON. */
export interface TrainingState {
  readonly tensors: ReadonlyMap<string, tf.Tensor>;
  readonly values: { readonly [key: string]: Json };
}

const version = 1;

/**
 * Saves model and training state of one step as one checkpoint: `model.safetensors` and `config.json`, from which
 * `fromPretrained` loads, beside `training.safetensors` and `training.json`. All of it or, when the process dies or the disk
 * is full, nothing: the former checkpoint then is the latest.
 * @returns the folder written.
 * @throws FileError
 */
export function saveTrainingState(
  store: CheckpointStore,
  step: number,
  model: Module,
  state: TrainingState,
  options: Omit<SaveOptions, 'files'> & { readonly best?: boolean },
): Promise<string> {
  return store.write(
    step,
    [
      ...modelContents(model, options),
      ['training.safetensors', tensorsContent(state.tensors)],
      ['training.json', textContent(`${JSON.stringify({ version, ...state.values })}\n`)],
    ],
    options.best ?? false,
  );
}

/**
 * Loads what {@link saveTrainingState} saved beside the model. The tensors belong to the caller.
 * @throws FileError when it is missing or damaged.
 */
export async function loadTrainingState(
  folder: string,
  files: Files,
): Promise<{ tensors: Map<string, tf.Tensor>; values: Config }> {
  const jsonPath = `${folder}/training.json`;
  const values = parseConfig(new TextDecoder().decode(await files.read(jsonPath)), jsonPath);
  if (values['version'] !== version) {
    throw new FileError(
      jsonPath,
      `has version ${String(values['version'])}, this release reads ${version}; resume with the release that wrote it`,
    );
  }
  const path = `${folder}/training.safetensors`;
  const file = await files.open(path);
  const tensors = new Map<string, tf.Tensor>();
  try {
    const reader = await openSafetensors(file, path);
    for (const [name, { shape }] of reader.specs) {
      const { dtype, values } = decodeValues(await reader.read(name));
      tensors.set(name, tf.tensor(values, [...shape], dtype));
    }
  } catch (error) {
    tf.dispose([...tensors.values()]);
    throw error;
  } finally {
    await file.close();
  }
  return { tensors, values };
}

const dtypes: Readonly<Record<string, SafetensorsDtype>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

function tensorsContent(tensors: ReadonlyMap<string, tf.Tensor>): Content {
  return async (file) => {
    const specs = Array.from(
      tensors,
      ([name, tensor]) => [name, { dtype: dtypes[tensor.dtype]!, shape: tensor.shape, tensor }] as const,
    );
    const { head, order } = layOutSafetensors(specs);
    await file.write(head);
    for (const [, { tensor }] of order) {
      const values = { dtype: tensor.dtype, values: await tensor.data() } as TensorValues;
      await file.write(encodeValues(values, tensor.shape).bytes);
    }
  };
}
