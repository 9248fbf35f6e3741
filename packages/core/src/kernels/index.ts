import { provide, type Composition } from './composition.js';
import { convolutionKernels } from './convolution.js';
import { einsumKernel } from './einsum.js';
import { onHost, wasmHost, type HostKernel } from './host.js';
import { fillKernels, sharingKernels } from './identity.js';
import { matmulKernel } from './matmul.js';
import { movementKernels } from './movement.js';
import { segmentKernels } from './segment.js';

const wasmHostKernels: readonly HostKernel[] = [fillKernels, movementKernels, segmentKernels].flat();

const compositions: Readonly<Record<string, readonly Composition[]>> = {
  wasm: [...sharingKernels, matmulKernel, einsumKernel, ...convolutionKernels, ...onHost(wasmHost, wasmHostKernels)],
};

const provided = new Set<string>();

/** Gives `backend` the kernels that TFJS lacks there, has wrong or has slow, composed of what it has. Idempotent. */
export function registerCompositions(backend: string): void {
  if (provided.has(backend)) return;
  provided.add(backend);
  provide(backend, compositions[backend] ?? []);
}

/** Names of the kernels that core gives to a backend, and why, for the table of kernels. */
export function composedKernels(backend: string): ReadonlyMap<string, Composition['because']> {
  return new Map((compositions[backend] ?? []).map(({ kernelName, because }) => [kernelName, because]));
}
