import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { compareValues, type Tolerance } from '@hourglass/core/testing';
import { loadAddon, type NativeBackend } from '../../src/index.js';

/** What a function's tensors hold; it makes its inputs itself, so that they are on the backend in use. */
export type Computation = () => readonly tf.Tensor[];

/** The values of each tensor; everything that `fn` made is freed. */
export function valuesOf(fn: Computation): Float32Array[] {
  const before = tf.memory().numTensors;
  const values = tf.tidy(
    () => fn().map((tensor) => Float32Array.from(tensor.dataSync())) as unknown as tf.TensorContainer,
  );
  if (tf.memory().numTensors !== before) throw new Error(`${tf.memory().numTensors - before} tensors are left behind`);
  return values as unknown as Float32Array[];
}

/** The values that the compositions give, on TFJS's cpu backend. */
export async function composed(fn: Computation): Promise<Float32Array[]> {
  await useBackend('cpu');
  return valuesOf(fn);
}

export async function native(): Promise<NativeBackend> {
  await useBackend('native');
  return tf.backend() as NativeBackend;
}

/**
 * Throws unless the backend gives the values expected in every instruction set, with the same bits on one thread and two,
 * through the given kernels.
 */
export async function expectFused(
  fn: Computation,
  expected: ReadonlyArray<ArrayLike<number>>,
  kernels: readonly { readonly kernelName: string }[],
  tolerance: Tolerance = { rtol: 2e-5, atol: 2e-6 },
): Promise<void> {
  await native();
  const addon = await loadAddon();
  const [isa, threads] = [addon.isa(), addon.threads()];
  try {
    for (const set of addon.isas()) {
      addon.setIsa(set);
      addon.setThreads(1);
      const alone = valuesOf(fn);
      addon.setThreads(2);
      const together = valuesOf(fn);
      expected.forEach((values, i) => {
        const close = compareValues(alone[i]!, values, tolerance);
        if (!close.ok) throw new Error(`${set}, output ${i}: ${close.message}`);
        const same = compareValues(together[i]!, alone[i]!, { rtol: 0, atol: 0 });
        if (!same.ok) throw new Error(`${set}, output ${i} on two threads: ${same.message}`);
      });
    }
  } finally {
    addon.setIsa(isa);
    addon.setThreads(threads);
  }
  const { kernelNames } = await tf.profile(() => tf.tidy(() => void fn()));
  for (const { kernelName } of kernels) {
    if (!kernelNames.includes(kernelName)) throw new Error(`${kernelName} did not run`);
  }
}
