import type { NativeKernel } from '../kernel.js';
import { activationKernels } from './activations.js';
import { binaryKernels } from './binary.js';
import { crossEntropyKernels } from './cross-entropy.js';
import { fillKernels } from './fill.js';
import { normKernels } from './norms.js';
import { optimizerKernels } from './optimizers.js';
import { reductionKernels } from './reduction.js';
import { unaryKernels } from './unary.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  fillKernels,
  binaryKernels,
  unaryKernels,
  reductionKernels,
  normKernels,
  activationKernels,
  crossEntropyKernels,
  optimizerKernels,
].flat();
