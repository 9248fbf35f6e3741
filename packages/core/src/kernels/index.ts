import { complexArithmetic, fourierKernels, wasmComplexKernels } from './complex.js';
import { provide, type Composition } from './composition.js';
import { convolutionKernels } from './convolution.js';
import { cumulativeKernels } from './cumulative.js';
import { depthwiseFilterKernel, depthwiseInputKernel } from './depthwise.js';
import { einsumKernel } from './einsum.js';
import { cpuHost, onHost, wasmHost } from './host.js';
import { fillKernels, sharingKernels } from './identity.js';
import { matmulKernel, wasmMatmulKernel } from './matmul.js';
import { movementKernels, stridedSliceKernel } from './movement.js';
import { poolingKernels } from './pooling.js';
import { resizeKernels } from './resize.js';
import { segmentKernels } from './segment.js';

/** Kernels for every backend whose memory JavaScript can read in place. */
const hostKernels = [
  ...segmentKernels,
  ...poolingKernels,
  ...resizeKernels,
  ...cumulativeKernels,
  depthwiseFilterKernel,
  stridedSliceKernel,
];

const compositions: Readonly<Record<string, readonly Composition[]>> = {
  wasm: [
    ...sharingKernels,
    ...complexArithmetic,
    ...wasmComplexKernels,
    ...fourierKernels(wasmHost, 'absent'),
    wasmMatmulKernel,
    einsumKernel,
    ...convolutionKernels,
    depthwiseInputKernel,
    ...onHost(wasmHost, [...hostKernels, ...fillKernels, ...movementKernels]),
  ],
  cpu: [
    ...complexArithmetic,
    ...fourierKernels(cpuHost, 'slow'),
    matmulKernel,
    einsumKernel,
    depthwiseInputKernel,
    ...onHost(cpuHost, hostKernels),
  ],
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
