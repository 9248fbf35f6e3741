import * as tf from '@tensorflow/tfjs-core';
import type { OwnKernel } from './own.js';
import * as specs from './specs.js';

/** How a kernel of ours runs on a backend. */
export interface KernelExplanation {
  /** As in `kernels.NAME`. */
  readonly kernel: string;
  /**
   * `own`: the backend's own version. `reference`: the composition of TFJS operations beside the kernel's specification.
   * `callers`: the functions that use the kernel compose it themselves.
   */
  readonly version: 'own' | 'reference' | 'callers';
  /** In words, such as "WGSL (webgpu)". */
  readonly how: string;
}

const languages: Readonly<Record<string, string>> = { webgpu: 'WGSL', native: 'C++' };

/** The kernels of core, by the names under which they are exported. */
export function ownKernels(): Array<[name: string, kernel: OwnKernel<object, object>]> {
  return Object.entries(specs as unknown as Record<string, unknown>).flatMap(([name, value]) =>
    isKernel(value) ? [[name, value] as [string, OwnKernel<object, object>]] : [],
  );
}

function isKernel(value: unknown): value is OwnKernel<object, object> {
  return typeof value === 'object' && value !== null && 'kernelName' in value && 'run' in value;
}

/**
 * Says which version of each of core's kernels runs on a backend that was started: its own, or the reference.
 *
 * @param backend as TFJS names it; default the one in use
 */
export function explainKernels(backend: string = tf.getBackend()): KernelExplanation[] {
  return ownKernels()
    .map(([kernel, { kernelName, reference }]): KernelExplanation => {
      if (tf.getKernel(kernelName, backend) != null) {
        return { kernel, version: 'own', how: `${languages[backend] ?? 'own'} (${backend})` };
      }
      return reference === undefined
        ? { kernel, version: 'callers', how: 'composed of TFJS kernels by the functions that use it' }
        : { kernel, version: 'reference', how: `reference, of TFJS kernels (${backend})` };
    })
    .toSorted((a, b) => (a.kernel < b.kernel ? -1 : 1));
}
