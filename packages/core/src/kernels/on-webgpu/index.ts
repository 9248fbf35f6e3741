import type { Composition } from '../composition.js';
import { dilatedKernels } from '../convolution.js';
import { einsumKernel } from '../einsum.js';
import { binaryKernels } from './binary.js';
import { complexOnGpu, withComplex } from './complex.js';
import { cumulativeOnGpu } from './cumulative.js';
import { matmulOnGpu } from './matmul.js';
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
  matmulOnGpu,
  einsumKernel,
  ...dilatedKernels,
];
