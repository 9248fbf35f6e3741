import * as tf from '@tensorflow/tfjs-core';
import { registerCompositions } from '@hourglass/core';
import { loadAddon } from './addon.js';
import { NativeBackend } from './backend.js';
import type { Inputs, NativeKernel } from './kernel.js';
import { nativeKernels } from './kernels/index.js';

export const backendName = 'native';

/** Kernels of the cpu backend that only pass a reference on, and so are as good as native ones. */
const sharing = new Set<string>([tf.Identity, tf.Reshape, tf.ExpandDims, tf.Complex, tf.Real, tf.Imag]);

/**
 * Registers the backend `native` with TFJS; `tf.setBackend('native')` then uses it. Idempotent.
 * @throws UnsupportedError when there is no binary for this machine.
 */
export async function register(): Promise<void> {
  if (tf.findBackendFactory(backendName) != null) return;
  const addon = await loadAddon();
  await import('@tensorflow/tfjs-backend-cpu');
  // its kernels are what runs where there is none in C++, so they must be right
  registerCompositions('cpu');
  const own = new Map(nativeKernels.map((native) => [native.kernelName, native]));
  for (const config of tf.getKernelsForBackend('cpu')) {
    const native = own.get(config.kernelName);
    own.delete(config.kernelName);
    tf.registerKernel(adapted(config, native));
  }
  registerNativeKernels(own.values());
  tf.registerBackend(backendName, () => new NativeBackend(addon), 3);
}

/** Gives the backend further kernels in C++, which the addon that `HOURGLASS_ADDON` names must have. Idempotent. */
export function registerNativeKernels(kernels: Iterable<NativeKernel>): void {
  for (const native of kernels)
    if (tf.getKernel(native.kernelName, backendName) == null) tf.registerKernel(adapted(null, native));
}

/** The kernel in C++, and TFJS's in JavaScript for what that does not do. */
function adapted(fallback: tf.KernelConfig | null, native: NativeKernel | undefined): tf.KernelConfig {
  const kernelName = (native?.kernelName ?? fallback?.kernelName)!;
  const base = { kernelName, backendName };
  if (native === undefined && sharing.has(kernelName)) return { ...fallback!, ...base };
  return {
    ...base,
    kernelFunc({ inputs, attrs, backend }) {
      const own = backend as NativeBackend;
      const outputs = native === undefined ? null : own.guarded(() => native.run(own, inputs as Inputs, attrs ?? {}));
      if (outputs !== null) return outputs;
      own.fallbacks.set(kernelName, (own.fallbacks.get(kernelName) ?? 0) + 1);
      if (fallback === null) throw new Error(`backend 'native' has no ${kernelName} for these inputs`);
      return fallback.kernelFunc({ inputs, attrs, backend });
    },
  };
}
