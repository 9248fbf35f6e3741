import type { NativeKernel } from '../kernel.js';
import { fillKernels } from './fill.js';
import { normKernels } from './norms.js';
import { optimizerKernels } from './optimizers.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [fillKernels, normKernels, optimizerKernels].flat();
