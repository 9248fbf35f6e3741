import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { constantOp } from '../gradients/custom-op.js';
import { canRead } from '../functional/readable.js';
import { LabelRange } from '../kernels/softmax-cross-entropy/spec.js';

/**
 * Throws when a label is neither a class nor `ignoreIndex`. The kernels below would not notice: a one-hot row of a wrong
 * label is all zero. Skipped on GPU backends.
 */
export function checkLabels(name: string, target: tf.Tensor, classes: number, ignoreIndex?: number): void {
  if (!canRead()) return;
  for (const label of extremes(target, ignoreIndex) ?? target.dataSync<'int32'>()) {
    if ((label < 0 || label >= classes) && label !== ignoreIndex) {
      check(
        false,
        `${name}: the target holds class ${label}, but there are ${classes} classes (0 to ${classes - 1})` +
          (ignoreIndex === undefined ? '' : `; mark pixels or tokens without a class as ${ignoreIndex} (ignoreIndex)`),
      );
    }
  }
}

/** The smallest and the largest label that counts, none where no label does, or null where the backend cannot tell at once. */
function extremes(target: tf.Tensor, ignoreIndex: number | undefined): readonly number[] | null {
  if (!LabelRange.isBrought || target.dtype !== 'int32') return null;
  const range = constantOp(() => LabelRange.run({ target }, { ignoreIndex: ignoreIndex ?? null })![0]!);
  const [low, high] = range.dataSync<'int32'>() as Int32Array<ArrayBuffer> & [number, number];
  range.dispose();
  return low > high ? [] : [low, high];
}

/** 1 where the label counts, 0 where it is `ignoreIndex`; float32. */
export function countedMask(target: tf.Tensor, ignoreIndex: number): tf.Tensor {
  return tf.cast(tf.notEqual(target, tf.scalar(ignoreIndex, 'int32')), 'float32');
}

/** float32 one-hot rows [...target.shape, classes]; labels out of range give zero rows. */
export function oneHot(target: tf.Tensor, classes: number): tf.Tensor {
  // through int32: the wasm kernel writes the bits of an integer 1 into a float32 result
  return tf.cast(tf.oneHot(target as tf.Tensor1D, classes, 1, 0, 'int32'), 'float32');
}
