import type { NativeKernel } from '../kernel.js';
import { fillKernels } from './fill.js';
import { poolingKernels } from './pooling.js';
import { randomKernels } from './random.js';
import { resizeKernels } from './resize.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  fillKernels,
  poolingKernels,
  randomKernels,
  resizeKernels,
].flat();
