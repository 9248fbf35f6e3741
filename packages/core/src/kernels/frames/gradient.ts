import type * as tf from '@tensorflow/tfjs-core';
import { linearOperation } from '../linear-operation.js';
import { Frames, OverlapAdd, type FramesAttrs, type OverlapAddAttrs } from './spec.js';

/** {@link Frames} as an operation with a gradient. */
export const cutFrames: (x: tf.Tensor, attrs: FramesAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => Frames.run({ x }, attrs),
  (dy, { hop }, [, size]) => addFrames(dy, { size: size!, hop }),
);

/** {@link OverlapAdd} as an operation with a gradient. */
export const addFrames: (x: tf.Tensor, attrs: OverlapAddAttrs) => tf.Tensor = linearOperation(
  (x, attrs) => OverlapAdd.run({ x }, attrs),
  (dy, { hop }, [, count, length]) => cutFrames(dy, { count: count!, length: length!, hop }),
);
