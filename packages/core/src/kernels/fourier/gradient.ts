import { linearOperation } from '../linear-operation.js';
import { Dft, RealDft, RealInverseDft, type DftAttrs, type RealDftAttrs, type RealInverseDftAttrs } from './spec.js';
import type * as tf from '@tensorflow/tfjs-core';

/** {@link Dft} as an operation with a gradient. */
export const dft: (x: tf.Tensor, attrs: DftAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => Dft.run({ x }, attrs),
  (dy, { sign, factor }) => dft(dy, { sign: sign === 1 ? -1 : 1, factor }),
);

/** {@link RealDft} as an operation with a gradient. */
export const realDft: (x: tf.Tensor, attrs: RealDftAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => RealDft.run({ x }, attrs),
  (dy, { doubled, factor }, [, n]) => realInverseDft(dy, { n: n!, doubled, factor }),
);

/** {@link RealInverseDft} as an operation with a gradient. */
export const realInverseDft: (x: tf.Tensor, attrs: RealInverseDftAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => RealInverseDft.run({ x }, attrs),
  (dy, { doubled, factor }) => realDft(dy, { doubled, factor }),
);
