import { disposeTensors } from '../data/tensors-in.js';
import type { BatchSource } from '../data/loader.js';
import { scope } from '../memory.js';
import type { Module } from '../module/module.js';
import { progressed, type Watch } from '../watch.js';

/** Batches of any origin. A {@link BatchSource} is gone through in the order of its epoch 0. */
export type Batches<B> = BatchSource<B> | AsyncIterable<B> | Iterable<B>;

/** Returns what puts back every module's own training flag. */
export function rememberFlags(model: Module): () => void {
  const flags = Array.from(model.namedModules(), ([, module]) => [module, module.training] as const);
  return () => {
    for (const [module, training] of flags) module.training = training;
  };
}

/** Switches to evaluation, and returns what puts the flags back. */
export function evaluationMode(model: Module): () => void {
  const restore = rememberFlags(model);
  model.eval();
  return restore;
}

/**
 * Results of `fn` for each batch, one after another, in evaluation mode. `fn` runs inside a scope: of its tensors those in
 * the result stay, and belong to the caller. Batches are freed. The modules' training flags are put back at the end, also
 * after a throw or an early `break`. A {@link Watch} counts batches.
 */
export async function* predictBatches<B, R>(
  model: Module,
  batches: Batches<B>,
  fn: (batch: B) => R,
  watch: Watch = {},
): AsyncGenerator<R, void, void> {
  const isSource = 'iterate' in batches;
  let done = 0;
  for await (const batch of isSource ? batches.iterate(0) : batches) {
    // Only while `fn` runs: between results the caller may train the model.
    const restore = evaluationMode(model);
    let result: R | undefined;
    try {
      result = scope(() => fn(batch));
    } finally {
      restore();
      disposeTensors(batch, result);
    }
    yield result;
    await progressed(watch, ++done, isSource ? batches.length : Infinity);
  }
}

/** All results of {@link predictBatches}. */
export async function evaluate<B, R>(model: Module, batches: Batches<B>, fn: (batch: B) => R): Promise<R[]> {
  const results: R[] = [];
  try {
    for await (const result of predictBatches(model, batches, fn)) results.push(result);
  } catch (error) {
    disposeTensors(results);
    throw error;
  }
  return results;
}
