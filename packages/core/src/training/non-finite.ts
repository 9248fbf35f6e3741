import type * as tf from '@tensorflow/tfjs-core';
import { tensorsIn } from '../data/tensors-in.js';
import { HourglassError } from '../errors.js';
import { scope } from '../memory.js';
import type { Module } from '../module/module.js';

/** Training met NaN or infinity. Model and optimiser are as they were before the step. */
export class NonFiniteError extends HourglassError {
  override name = 'NonFiniteError';
  constructor(
    /** The first bad tensor: `loss`, or `gradient of <parameter>`. */
    readonly tensor: string,
    readonly step: number,
    message: string,
  ) {
    super(message);
  }
}

/** First value that is NaN or infinite, or null. */
export function firstBad(values: ArrayLike<number>): number | null {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return values[i]!;
  return null;
}

/**
 * Says where NaN or infinity first came up: runs `forward` again, and looks at the batch, the parameters, and the output of
 * each module as it returns. Null when all is finite this time.
 */
export function locateNonFinite(model: Module, batch: unknown, forward: () => unknown): string | null {
  for (const tensor of tensorsIn(batch)) {
    const bad = badIn(tensor);
    if (bad !== null) return `the batch itself holds ${bad}`;
  }
  for (const [name, leaf] of model.namedState()) {
    const bad = badIn(leaf.variable);
    if (bad !== null) return `'${name}' held ${bad} already`;
  }
  let found: string | null = null;
  const release = watchOutputs(model, (name, tensor) => {
    const bad = found === null ? badIn(tensor) : null;
    if (bad !== null) found = `the first bad output is that of module '${name || 'model'}' (${bad})`;
  });
  try {
    scope(() => void forward());
  } finally {
    release();
  }
  return found;
}

/** Calls `watch` for every tensor that a module's forward returns, inner modules first. Returns what undoes it. */
function watchOutputs(model: Module, watch: (name: string, tensor: tf.Tensor) => void): () => void {
  const watched: object[] = [];
  for (const [name, module] of model.namedModules()) {
    const forward: unknown = Reflect.get(module, 'forward');
    if (typeof forward !== 'function' || Object.hasOwn(module, 'forward')) continue;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      const result: unknown = Reflect.apply(forward, this, args);
      for (const tensor of tensorsIn(result)) watch(name, tensor);
      return result;
    };
    Object.defineProperty(module, 'forward', { value, configurable: true, enumerable: false, writable: true });
    watched.push(module);
  }
  return () => {
    for (const module of watched) Reflect.deleteProperty(module, 'forward');
  };
}

function badIn(tensor: tf.Tensor): string | null {
  if (tensor.dtype !== 'float32' || tensor.isDisposed) return null;
  const bad = firstBad(tensor.dataSync());
  return bad === null ? null : Number.isNaN(bad) ? 'NaN' : 'infinity';
}
