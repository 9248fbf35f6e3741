import type * as tf from '@tensorflow/tfjs-core';
import { linearOperation } from '../linear-operation.js';
import { Resample, type ResampleAttrs } from './spec.js';

/** {@link Resample} as an operation with a gradient. */
export const resamplePicture: (x: tf.Tensor, attrs: ResampleAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => Resample.run({ x }, attrs),
  (dy, attrs) => resamplePicture(dy, { ...attrs, transposed: !attrs.transposed }),
);
