import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backend/index.js';

/** Where TFJS's cpu backend looks up the class of its numbers. */
const globals = globalThis as unknown as { Float32Array: unknown };

/**
 * Starts the cpu backend, which {@link inDoublePrecision} needs; the backend in use stays what it is.
 */
export async function prepareDoublePrecision(): Promise<void> {
  if (tf.engine().registry['cpu'] !== undefined) return;
  const before = tf.engine().backendName;
  await useBackend('cpu');
  if (before) await tf.setBackend(before);
}

/**
 * Runs `fn` with 'float32' tensors that hold float64, on the cpu backend: the same operations, a hundred million times as exact.
 * What high-precision references and finite differences are computed with. Tensors do not pass in or out, numbers do:
 * `dataSync` gives a Float64Array. `fn` must be synchronous.
 *
 * TFJS's cpu kernels compute in JavaScript's doubles and round where they store, in arrays that they get by the global name
 * Float32Array; for the time of `fn` that is another name of Float64Array.
 */
export function inDoublePrecision<T>(fn: () => T): T {
  const engine = tf.engine();
  if (engine.registry['cpu'] === undefined) throw new Error('call prepareDoublePrecision() first');
  const { backendName } = engine;
  const { platform } = tf.env();
  const isTypedArray = platform.isTypedArray;
  const single = globals.Float32Array;
  // at once where the backend is there already
  void tf.setBackend('cpu');
  globals.Float32Array = Float64Array;
  platform.isTypedArray = (a): a is Float32Array => a instanceof Float64Array || isTypedArray.call(platform, a);
  try {
    let result: T;
    tf.tidy(() => {
      result = fn();
    });
    return result!;
  } finally {
    globals.Float32Array = single;
    platform.isTypedArray = isTypedArray;
    void tf.setBackend(backendName);
  }
}
