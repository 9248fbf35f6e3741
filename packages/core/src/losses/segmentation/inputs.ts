import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { checkLabels, countedMask, oneHot } from '../labels.js';

/**
 * What a segmentation is: `binary` (one channel, in it or not), `multiclass` (each pixel has one class) or `multilabel`
 * (each channel decides for itself).
 */
export type SegmentationMode = 'binary' | 'multiclass' | 'multilabel';

/** Prediction and target of the same shape [..., C], and which elements count. */
export interface Pair {
  readonly logits: tf.Tensor;
  /** float32, 0 where it does not count; differentiable where the given target was float32. */
  readonly target: tf.Tensor;
  /** float32, 1 where the target counts, [..., 1] or [..., C]; null when all do. */
  readonly counted: tf.Tensor | null;
}

export function checkMode(name: string, mode: SegmentationMode): void {
  check(
    ['binary', 'multiclass', 'multilabel'].includes(mode),
    `${name}: unknown mode '${String(mode)}'; there are binary, multiclass and multilabel`,
  );
}

/**
 * Brings prediction and target to the same shape. Labels become one-hot rows.
 * @throws InvalidArgumentError for shapes that do not fit and labels that are no class.
 */
export function pair(
  name: string,
  mode: SegmentationMode,
  logits: tf.Tensor,
  target: tf.Tensor,
  ignoreIndex?: number,
): Pair {
  checkMode(name, mode);
  const shapes = `prediction of shape [${logits.shape.join(', ')}], target of shape [${target.shape.join(', ')}]`;
  if (mode === 'multiclass') {
    const classes = logits.shape.at(-1)!;
    check(
      target.dtype === 'int32' && tf.util.arraysEqual(target.shape, logits.shape.slice(0, -1)),
      () => `${name}: multiclass wants logits [..., C] and int32 labels [...]; got ${shapes} and dtype ${target.dtype}`,
    );
    checkLabels(name, target, classes, ignoreIndex);
    const rows = oneHot(target, classes);
    if (ignoreIndex === undefined) return { logits, target: rows, counted: null };
    const counted = tf.expandDims(countedMask(target, ignoreIndex), -1);
    // an ignored label may also be a class
    return { logits, target: tf.mul(rows, counted), counted };
  }
  // [N, H, W] and [N, H, W, 1] are the same picture in binary mode
  const channels = (x: tf.Tensor): tf.Tensor => (mode === 'binary' && x.shape.at(-1) !== 1 ? tf.expandDims(x, -1) : x);
  const [x, t] = [channels(logits), channels(tf.cast(target, 'float32'))];
  check(tf.util.arraysEqual(x.shape, t.shape), () => `${name}: ${mode} wants equal shapes; got ${shapes}`);
  if (ignoreIndex === undefined) return { logits: x, target: t, counted: null };
  const counted = tf.cast(tf.notEqual(t, ignoreIndex), 'float32');
  return { logits: x, target: tf.mul(t, counted), counted };
}

/** Sums [..., C] over all but the last axis. As products with ones, which on wasm are ten times as fast as tf.sum. */
export function classSums(x: tf.Tensor): tf.Tensor {
  const classes = x.shape.at(-1)!;
  const inner = x.shape.at(-2) ?? 1;
  const outer = x.size / (inner * classes);
  const columns = tf.matMul(tf.ones([1, outer]), tf.reshape(x, [outer, inner * classes]) as tf.Tensor2D);
  return tf.sum(tf.reshape(columns, [inner, classes]), 0);
}

/** Share of each class in the result: equal, or by weight, over all classes or those listed. Sums to 1. */
export function classShares(
  name: string,
  count: number,
  options: { readonly classes?: readonly number[]; readonly classWeights?: readonly number[] },
): tf.Tensor {
  const { classes, classWeights } = options;
  check(
    classWeights === undefined || classWeights.length === count,
    `${name}: ${classWeights?.length} class weights for ${count} classes`,
  );
  const shares = new Float32Array(count);
  for (const c of classes ?? shares.keys()) {
    check(Number.isInteger(c) && c >= 0 && c < count, `${name}: there is no class ${c} among ${count}`);
    shares[c]! += classWeights?.[c] ?? 1;
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return tf.tensor1d(shares.map((share) => share / total));
}
