import type { NativeKernel } from '../kernel.js';
import { convolutionKernels } from './convolution.js';
import { fillKernels } from './fill.js';
import { matmulKernels } from './matmul.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [fillKernels, matmulKernels, convolutionKernels].flat();
