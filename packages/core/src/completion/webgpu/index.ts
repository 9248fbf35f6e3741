import type { Composition } from '../composition.js';
import { dilatedKernels } from '../host/convolution.js';
import { einsumKernel } from '../host/einsum.js';
import { binaryKernels } from './binary.js';
import { complexOnGpu, withComplex } from './complex.js';
import { cumulativeOnGpu } from './cumulative.js';
import { matmulOnGpu } from './matmul.js';
import { depthwiseOnGpu } from './depthwise.js';
import { fourierOnGpu } from './fourier.js';
import { indexingOnGpu } from './indexing.js';
import { poolingOnGpu } from './pooling.js';
import { processorKernels } from './processor.js';
import { resizingOnGpu } from './resize.js';
import { softmaxOnGpu } from './softmax.js';
import { movementOnGpu } from './movement.js';
import { reductionsOnGpu } from './reduction.js';
import { unaryKernels } from './unary.js';
import { valueKernels } from './values.js';

/** What core gives to TFJS's webgpu backend. */
export const webgpuCompositions: readonly Composition[] = [
  ...unaryKernels,
  ...withComplex(binaryKernels),
  ...movementOnGpu,
  ...valueKernels,
  ...reductionsOnGpu,
  ...cumulativeOnGpu,
  ...complexOnGpu,
  ...matmulOnGpu,
  einsumKernel,
  ...dilatedKernels,
  ...depthwiseOnGpu,
  ...poolingOnGpu,
  ...resizingOnGpu,
  softmaxOnGpu,
  ...indexingOnGpu,
  ...fourierOnGpu,
  ...processorKernels,
];
