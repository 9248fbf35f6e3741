import { comparisonKernels } from './host/comparison.js';
import { complexArithmetic, fourierKernels, wasmComplexKernels } from './host/complex.js';
import { provide, type Composition, type Reason } from './composition.js';
import { convolutionKernels, dilatedKernels } from './host/convolution.js';
import { cumulativeKernels } from './host/cumulative.js';
import { depthwiseFilterKernel, depthwiseInputKernel, depthwiseKernel } from './host/depthwise.js';
import { einsumKernel } from './host/einsum.js';
import { cpuHost, onHost, wasmHost } from './host/host.js';
import { fillKernels, selectKernel, sharingKernels } from './host/identity.js';
import { hostMatmulKernel, wasmMatmulKernel } from './host/matmul.js';
import { movementKernels, stridedSliceKernel } from './host/movement.js';
import { webgpuCompositions } from './webgpu/index.js';
import { maxPoolWithArgmax, poolingKernels } from './host/pooling.js';
import { reductionKernels } from './host/reduction.js';
import { resizeKernels } from './host/resize.js';
import { segmentKernels } from './host/segment.js';
import { vectorisedKernels } from './simd/kernels.js';
import { vectorKernels } from './simd/unary.js';

/** Kernels for every backend whose memory JavaScript can read in place. */
const hostKernels = [
  ...segmentKernels,
  ...poolingKernels,
  ...resizeKernels,
  ...cumulativeKernels,
  depthwiseFilterKernel,
  stridedSliceKernel,
];

/** By the name that TFJS has for a backend; of others only the kernels that every one lacks. */
const compositions: Readonly<Record<string, readonly Composition[]>> = {
  wasm: [
    ...sharingKernels,
    ...reductionKernels,
    ...vectorKernels,
    ...complexArithmetic,
    ...wasmComplexKernels,
    ...fourierKernels(wasmHost),
    wasmMatmulKernel,
    einsumKernel,
    ...convolutionKernels,
    depthwiseInputKernel,
    ...onHost(wasmHost, [
      ...hostKernels,
      ...fillKernels,
      ...comparisonKernels,
      ...movementKernels,
      selectKernel,
      maxPoolWithArgmax,
    ]),
    // after the loops that they take the place of
    ...vectorisedKernels,
  ],
  cpu: [
    ...dilatedKernels,
    depthwiseKernel,
    ...complexArithmetic,
    ...fourierKernels(cpuHost),
    einsumKernel,
    depthwiseInputKernel,
    ...onHost(cpuHost, [...hostKernels, hostMatmulKernel]),
  ],
  webgpu: webgpuCompositions,
  // completes itself, from the cpu backend as completed above
  native: [],
};

const provided = new Map<string, ReadonlyMap<string, Reason>>();

/** Gives `backend` the kernels that TFJS lacks there, has wrong or has slow, composed of what it has. Idempotent. */
export function registerCompositions(backend: string): void {
  if (!provided.has(backend)) provided.set(backend, provide(backend, compositions[backend] ?? dilatedKernels));
}

/** The kernels that core has given to a backend, and why. */
export function composedKernels(backend: string): ReadonlyMap<string, Reason> {
  return provided.get(backend) ?? new Map<string, Reason>();
}
