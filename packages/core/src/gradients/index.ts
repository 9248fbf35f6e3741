import * as tf from '@tensorflow/tfjs-core';
import { activationGradients } from './activation.js';
import { binaryGradients } from './binary.js';
import { convolutionGradients } from './convolution.js';
import { cropGradients } from './crop.js';
import { einsumGradients } from './einsum.js';
import { indexingGradients } from './indexing.js';
import { matmulGradients } from './matmul.js';
import { normalisationGradients } from './normalisation.js';
import { ownConvolutionGradients } from './own-convolution.js';
import { poolingGradients } from './pooling.js';
import { reductionGradients } from './reduction.js';
import { resizeGradients } from './resize.js';
import { shapeGradients } from './shape.js';
import { spectralGradients } from './spectral.js';
import { unaryGradients } from './unary.js';

/** Every gradient that core brings, by family. */
export const gradients: readonly tf.GradConfig[] = [
  unaryGradients,
  activationGradients,
  binaryGradients,
  reductionGradients,
  shapeGradients,
  indexingGradients,
  matmulGradients,
  einsumGradients,
  convolutionGradients,
  ownConvolutionGradients,
  poolingGradients,
  resizeGradients,
  cropGradients,
  normalisationGradients,
  spectralGradients,
].flat();

/** Registers the gradient of every kernel that our layers use, in place of TFJS's where it has one. Idempotent. */
export function registerGradients(): void {
  for (const config of gradients) tf.registerGradient(config);
}
