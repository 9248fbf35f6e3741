import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { customOp } from '../gradients/custom-op.js';
import { scope } from '../memory.js';
import { checkSameShape, reduce, type ReductionOptions } from './reduction.js';

export interface BinaryOptions extends ReductionOptions {
  /** Multiplies the losses; any shape that broadcasts to theirs. 'mean' still divides by the number of elements. */
  readonly weight?: tf.Tensor;
}

/**
 * Cross entropy of probabilities x against targets y in [0, 1], as torch's `binary_cross_entropy`: logarithms count as at
 * least -100. Prefer {@link bceWithLogits}, which does not saturate. Differentiable in both.
 */
export function binaryCrossEntropy(x: tf.Tensor, y: tf.Tensor, options: BinaryOptions = {}): tf.Tensor {
  checkSameShape('binaryCrossEntropy', x, y);
  return scope(() => {
    const loss = customOp(
      [x, y],
      (p, t) => {
        const yes = tf.clipByValue(tf.log(p!), -100, Infinity);
        const no = tf.clipByValue(tf.log1p(tf.neg(p!)), -100, Infinity);
        return { value: tf.neg(tf.add(tf.mul(t!, yes), tf.mul(tf.sub(1, t!), no))) };
      },
      (dy, [p, t]) => [
        tf.div(tf.mul(dy, tf.sub(p!, t!)), tf.clipByValue(tf.mul(p!, tf.sub(1, p!)), 1e-12, Infinity)),
        tf.mul(dy, tf.sub(tf.log1p(tf.neg(p!)), tf.log(p!))),
      ],
    );
    return reduce(weighted(loss, options.weight), options.reduction);
  });
}

/**
 * Cross entropy of sigmoid(x) against targets y in [0, 1], as torch's `binary_cross_entropy_with_logits`. Differentiable in both.
 * @param options `posWeight` multiplies the positive part; it broadcasts, so [C] gives one value a class on the last axis.
 */
export function bceWithLogits(
  x: tf.Tensor,
  y: tf.Tensor,
  options: BinaryOptions & { readonly posWeight?: tf.Tensor } = {},
): tf.Tensor {
  checkSameShape('bceWithLogits', x, y);
  return scope(() => reduce(weighted(logitLoss(x, y, options.posWeight), options.weight), options.reduction));
}

/** log(1 + exp(-y x)) for targets y of -1 and 1, as torch's `soft_margin_loss`. */
export function softMargin(x: tf.Tensor, y: tf.Tensor, options: ReductionOptions = {}): tf.Tensor {
  checkSameShape('softMargin', x, y);
  return scope(() => reduce(tf.softplus(tf.neg(tf.mul(y, x))), options.reduction));
}

/**
 * {@link bceWithLogits} averaged over the classes on the last axis, as torch's `multilabel_soft_margin_loss`:
 * 'none' gives one value a sample.
 */
export function multilabelSoftMargin(x: tf.Tensor, y: tf.Tensor, options: BinaryOptions = {}): tf.Tensor {
  checkSameShape('multilabelSoftMargin', x, y);
  check(x.rank >= 1, 'multilabelSoftMargin: the prediction needs a class axis, got a scalar');
  return scope(() => reduce(tf.mean(weighted(logitLoss(x, y), options.weight), -1), options.reduction));
}

/**
 * Focal loss on logits (Lin et al. 2017), as torchvision's `sigmoid_focal_loss`.
 * @param options `alpha` (default 0.25) weighs the positives and 1 - alpha the negatives, negative turns that off; `gamma` (2)
 *   plays down what is classified well. `reduction` is 'none' by default, as in torchvision.
 */
export function sigmoidFocal(
  x: tf.Tensor,
  y: tf.Tensor,
  options: ReductionOptions & { readonly alpha?: number; readonly gamma?: number } = {},
): tf.Tensor {
  const { alpha = 0.25, gamma = 2, reduction = 'none' } = options;
  checkSameShape('sigmoidFocal', x, y);
  check(alpha <= 1, `sigmoidFocal: alpha must be at most 1, got ${alpha}`);
  return scope(() => {
    const p = tf.sigmoid(x);
    const wrong = tf.add(tf.mul(p, tf.sub(1, y)), tf.mul(tf.sub(1, p), y));
    const loss = tf.mul(logitLoss(x, y), gamma === 2 ? tf.square(wrong) : tf.pow(wrong, tf.scalar(gamma)));
    if (alpha < 0) return reduce(loss, reduction);
    return reduce(tf.mul(loss, tf.add(tf.mul(y, 2 * alpha - 1), 1 - alpha)), reduction);
  });
}

/** (1 - y) x + (1 + (posWeight - 1) y) log(1 + exp(-x)): finite for every finite x. */
function logitLoss(x: tf.Tensor, y: tf.Tensor, posWeight?: tf.Tensor): tf.Tensor {
  const surprise = tf.softplus(tf.neg(x));
  const rest = tf.mul(tf.sub(1, y), x);
  if (posWeight === undefined) return tf.add(rest, surprise);
  return tf.add(rest, tf.mul(tf.add(tf.mul(y, tf.sub(posWeight, 1)), 1), surprise));
}

function weighted(loss: tf.Tensor, weight: tf.Tensor | undefined): tf.Tensor {
  if (weight === undefined) return loss;
  const product = tf.mul(loss, weight);
  check(
    tf.util.arraysEqual(product.shape, loss.shape),
    () =>
      `a weight of shape [${weight.shape.join(', ')}] does not broadcast to losses of shape [${loss.shape.join(', ')}]`,
  );
  return product;
}
