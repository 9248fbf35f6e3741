import type { NativeKernel } from '../kernel.js';
import { fillKernels } from './fill.js';
import { graphKernels } from './graph.js';
import { indexingKernels } from './indexing.js';
import { joiningKernels } from './joining.js';
import { movementKernels } from './movement.js';
import { paddingKernels } from './padding.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  fillKernels,
  movementKernels,
  joiningKernels,
  paddingKernels,
  indexingKernels,
  graphKernels,
].flat();
