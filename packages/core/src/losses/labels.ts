import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { constantOp } from '../gradients/custom-op.js';
import { canRead } from '../functional/readable.js';
export { countedMask, oneHot } from '../kernels/softmax-cross-entropy/reference.js';
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

/**
 * The smallest and the largest label that counts, none where no label does. Null where the backend has no kernel for that: then a look
 * at the labels, which lie in JavaScript's memory, is quicker than the kernel's reference.
 */
function extremes(target: tf.Tensor, ignoreIndex: number | undefined): readonly number[] | null {
  if (!LabelRange.isBrought || target.dtype !== 'int32') return null;
  const range = constantOp(() => LabelRange.run({ target }, { ignoreIndex: ignoreIndex ?? null })[0]!);
  const [low, high] = range.dataSync<'int32'>() as Int32Array<ArrayBuffer> & [number, number];
  range.dispose();
  return low > high ? [] : [low, high];
}
