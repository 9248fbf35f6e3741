import type { NativeKernel } from '../kernel.js';
import { attentionKernels } from './attention.js';
import { fillKernels } from './fill.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [attentionKernels, fillKernels].flat();
