import { existsSync } from 'node:fs';
import { useBackend, type BackendName } from '../../backend/index.js';
import { findCheckpoint } from '../../checkpoint/index.js';
import { FileError } from '../../errors.js';
import type { Module } from '../../module/index.js';
import type { TaskContext } from '../../tasks/index.js';

/** Starts the backend and says which. */
export async function startBackend(name: string, context: TaskContext): Promise<string> {
  const choice = await useBackend(name as BackendName | 'auto');
  context.print(`backend ${choice.reason}`);
  return choice.name;
}

/** The folder to load: a checkpoint inside `source` when that is a run, else `source` itself. */
export async function checkpointOf(source: string, which: 'best' | 'latest'): Promise<string> {
  if (!existsSync(source) || existsSync(`${source}/model.safetensors`)) return source;
  const checkpoint = await findCheckpoint(source, which);
  if (checkpoint === null) {
    throw new FileError(
      source,
      'holds neither a model nor a run with a checkpoint; give the folder that --run named, or one with model.safetensors',
    );
  }
  return checkpoint;
}

/** Where to load a model from, and what to compute with: the options that evaluate, predict and info share. */
export interface ModelChoice {
  readonly model: string;
  readonly checkpoint: string;
  readonly backend: string;
}

/** Starts the backend and runs `fn` with the model that the user named; frees it whatever happens. */
export async function withModel<M extends Module, R>(
  { model: source, checkpoint, backend }: ModelChoice,
  context: TaskContext,
  load: (folder: string) => Promise<M>,
  fn: (model: M) => R | Promise<R>,
): Promise<R> {
  const folder = await checkpointOf(source, checkpoint as 'best');
  await startBackend(backend, context);
  const model = await load(folder);
  try {
    return await fn(model);
  } finally {
    model.dispose();
  }
}
