import type { NativeKernel } from '../kernel.js';
import { attentionKernels } from './attention.js';
import { binaryKernels } from './binary.js';
import { convolutionKernels } from './convolution.js';
import { fillKernels } from './fill.js';
import { geometryKernels } from './geometry.js';
import { graphKernels } from './graph.js';
import { indexingKernels } from './indexing.js';
import { joiningKernels } from './joining.js';
import { matmulKernels } from './matmul.js';
import { movementKernels } from './movement.js';
import { normKernels } from './norms.js';
import { optimizerKernels } from './optimizers.js';
import { paddingKernels } from './padding.js';
import { poolingKernels } from './pooling.js';
import { reductionKernels } from './reduction.js';
import { resizeKernels } from './resize.js';
import { unaryKernels } from './unary.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  attentionKernels,
  binaryKernels,
  convolutionKernels,
  fillKernels,
  geometryKernels,
  graphKernels,
  indexingKernels,
  joiningKernels,
  matmulKernels,
  movementKernels,
  normKernels,
  optimizerKernels,
  paddingKernels,
  poolingKernels,
  reductionKernels,
  resizeKernels,
  unaryKernels,
].flat();
