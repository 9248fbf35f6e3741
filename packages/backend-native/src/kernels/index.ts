import type { NativeKernel } from '../kernel.js';
import { binaryKernels } from './binary.js';
import { fillKernels } from './fill.js';
import { reductionKernels } from './reduction.js';
import { runningKernels } from './running.js';
import { softmaxKernels } from './softmax.js';
import { unaryKernels } from './unary.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  fillKernels,
  binaryKernels,
  unaryKernels,
  reductionKernels,
  runningKernels,
  softmaxKernels,
].flat();
