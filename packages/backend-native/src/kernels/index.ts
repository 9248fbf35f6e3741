import type { NativeKernel } from '../kernel.js';
import { activationKernels } from './activations.js';
import { attentionKernels } from './attention.js';
import { binaryKernels } from './binary.js';
import { convolutionLayerKernels } from './convolution-layer.js';
import { convolutionKernels } from './convolution.js';
import { crossEntropyKernels } from './cross-entropy.js';
import { fillKernels } from './fill.js';
import { foldKernels } from './fold.js';
import { fourierKernels } from './fourier.js';
import { geometryKernels } from './geometry.js';
import { gradientKernels } from './gradients.js';
import { graphKernels } from './graph.js';
import { gridSampleKernels } from './grid-sample.js';
import { indexingKernels } from './indexing.js';
import { joiningKernels } from './joining.js';
import { linearKernels } from './linear.js';
import { matmulKernels } from './matmul.js';
import { movementKernels } from './movement.js';
import { normKernels } from './norms.js';
import { optimizerKernels } from './optimizers.js';
import { paddingKernels } from './padding.js';
import { periodicKernels } from './periodic.js';
import { poolingKernels } from './pooling.js';
import { quantizationKernels } from './quantization.js';
import { randomKernels } from './random.js';
import { recurrentKernels } from './recurrent.js';
import { reductionKernels } from './reduction.js';
import { resizeKernels } from './resize.js';
import { runningKernels } from './running.js';
import { softmaxKernels } from './softmax.js';
import { stateSpaceKernels } from './state-space.js';
import { responseNormKernels } from './response-norm.js';
import { unaryKernels } from './unary.js';

/** Every kernel in C++, by family. */
export const nativeKernels: readonly NativeKernel[] = [
  activationKernels,
  attentionKernels,
  binaryKernels,
  convolutionKernels,
  convolutionLayerKernels,
  crossEntropyKernels,
  fillKernels,
  foldKernels,
  fourierKernels,
  geometryKernels,
  gradientKernels,
  graphKernels,
  gridSampleKernels,
  indexingKernels,
  joiningKernels,
  linearKernels,
  matmulKernels,
  movementKernels,
  normKernels,
  optimizerKernels,
  paddingKernels,
  periodicKernels,
  poolingKernels,
  quantizationKernels,
  randomKernels,
  recurrentKernels,
  reductionKernels,
  resizeKernels,
  responseNormKernels,
  runningKernels,
  softmaxKernels,
  stateSpaceKernels,
  unaryKernels,
].flat();
