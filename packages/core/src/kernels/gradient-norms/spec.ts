import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { gradientNorms } from './reference.js';

/**
 * The Euclidean norm of each of a list of float32 tensors, named '0', '1', … Gives float32 [length of the list]. Where a
 * backend brings this, a norm overflows only when it is itself beyond float32.
 */
export const GradientNorms = ownKernel<Readonly<Record<string, tf.Tensor>>>('GradientNorms', gradientNorms);
