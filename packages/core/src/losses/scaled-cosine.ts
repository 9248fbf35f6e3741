import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { cosineSimilarity } from '../functional/shape-ops/distance.js';
import { scope } from '../memory.js';
import { checkSameShape, reduce, type ReductionOptions } from './reduction.js';

/**
 * (1 - cos)^gamma of the rows of x and y, which plays down what is nearly right (Hou et al. 2022, arXiv:2205.10803).
 * @param x,y float32 [N, D]; 'none' gives [N].
 * @param options `gamma`, at least 1, is 2 by default.
 */
export function scaledCosine(
  x: tf.Tensor,
  y: tf.Tensor,
  options: ReductionOptions & { readonly gamma?: number } = {},
): tf.Tensor {
  const { gamma = 2, reduction } = options;
  checkSameShape('scaledCosine', x, y);
  check(gamma >= 1, `scaledCosine: gamma must be at least 1, got ${gamma}`);
  return scope(() => {
    const distance = tf.sub(1, cosineSimilarity(x, y, { dim: -1 }));
    if (gamma === 1) return reduce(distance, reduction);
    // rounding may leave less than nothing, of which a power is not a number
    return reduce(gamma === 2 ? tf.square(distance) : tf.pow(tf.maximum(distance, 1e-12), gamma), reduction);
  });
}
