import type * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { linearOperation } from '../linear-operation.js';
import {
  AveragePool,
  AveragePoolGradient,
  MaxPool,
  MaxPoolGradient,
  type AveragePoolAttrs,
  type PoolAttrs,
} from './spec.js';

/** {@link MaxPool} as an operation with a gradient; not by `differentiable`, which would hold the maxima until then. */
export function poolMaxima(x: tf.Tensor, attrs: PoolAttrs): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: MaxPool.run({ x: input! }, attrs)[0]! }),
    (dy, [input]) => MaxPoolGradient.run({ dy, x: input! }, attrs)[0]!,
  );
}

/** {@link AveragePool} as an operation with a gradient. */
export const poolMeans: (x: tf.Tensor, attrs: AveragePoolAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => AveragePool.run({ x }, attrs),
  (dy, attrs) => poolMeansTransposed(dy, attrs),
);

/** {@link AveragePoolGradient} as an operation with a gradient. */
export const poolMeansTransposed: (dy: tf.Tensor, attrs: AveragePoolAttrs) => tf.Tensor = linearOperation(
  (dy, attrs) => AveragePoolGradient.run({ dy }, attrs),
  (ddx, attrs) => poolMeans(ddx, attrs),
);
