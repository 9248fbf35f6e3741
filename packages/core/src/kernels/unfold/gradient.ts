import type * as tf from '@tensorflow/tfjs-core';
import { linearOperation } from '../linear-operation.js';
import { Fold, Unfold, type UnfoldAttrs } from './spec.js';

/** {@link Unfold} as an operation with a gradient. */
export const cutBlocks: (x: tf.Tensor, attrs: UnfoldAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => Unfold.run({ x }, attrs),
  (dy, attrs) => addBlocks(dy, attrs),
);

/** {@link Fold} as an operation with a gradient. */
export const addBlocks: (x: tf.Tensor, attrs: UnfoldAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => Fold.run({ x }, attrs),
  (dy, attrs) => cutBlocks(dy, attrs),
);
