import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { constantOp, customOp } from '../gradients/custom-op.js';
import { labelCrossEntropy } from '../kernels/softmax-cross-entropy/gradient.js';
import { pick, softmaxOf } from '../kernels/softmax-cross-entropy/reference.js';
import { LabelWeights } from '../kernels/softmax-cross-entropy/spec.js';
import { scope } from '../memory.js';
import { checkLabels, oneHot } from './labels.js';
import { checkReduction, reduce, total, type ReductionOptions } from './reduction.js';

export interface CrossEntropyOptions extends ReductionOptions {
  /** One weight a class, shape [C]. */
  readonly weight?: tf.Tensor;
  /** Targets with this label count for nothing. Default -100. Only for class labels. */
  readonly ignoreIndex?: number;
  /** Share of the target's mass spread evenly over all classes, in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross entropy of softmax(logits) against class labels or against distributions, as torch's `cross_entropy`
 * with the classes on the last axis.
 *
 * With labels, 'mean' divides by the summed weights of the labels that count (NaN when none does); with distributions, by
 * their number. Labels are differentiated with respect to the logits only, distributions with respect to both.
 * Keeps one tensor of the logits' size for the backward pass.
 *
 * @param logits float32 [..., C].
 * @param target int32 labels [...], or float32 distributions [..., C].
 * @returns a scalar, or float32 [...] with reduction 'none'.
 * @throws InvalidArgumentError for shapes that do not fit and for labels outside 0 … C-1 other than `ignoreIndex`; on GPU backends such
 * labels are not looked for, and count for nothing.
 */
export function crossEntropy(logits: tf.Tensor, target: tf.Tensor, options: CrossEntropyOptions = {}): tf.Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = 'mean' } = options;
  checkReduction(reduction);
  check(logits.rank >= 1, 'crossEntropy: logits need a class axis, got a scalar');
  check(
    labelSmoothing >= 0 && labelSmoothing <= 1,
    `crossEntropy: labelSmoothing must be in [0, 1], got ${labelSmoothing}`,
  );
  const classes = logits.shape.at(-1)!;
  checkWeight('crossEntropy', weight, classes);
  if (target.dtype === 'float32') {
    checkShape('crossEntropy', logits, target, logits.shape);
    return scope(() => {
      const loss = againstDistribution(logits, target, weight, labelSmoothing);
      if (reduction === 'none') return loss;
      return reduction === 'sum' ? total(loss) : tf.div(total(loss), loss.size);
    });
  }
  checkShape('crossEntropy', logits, target, logits.shape.slice(0, -1));
  checkLabels('crossEntropy', target, classes, ignoreIndex);
  return scope(() => {
    const labels = target.dtype === 'int32' ? target : tf.cast(target, 'int32');
    const loss = labelCrossEntropy({ logits, target: labels, weight }, { ignoreIndex, labelSmoothing });
    return reduction === 'mean'
      ? tf.div(total(loss), total(labelScale(labels, ignoreIndex, weight, classes)))
      : reduce(loss, reduction);
  });
}

/**
 * Negative log likelihood of labels under log probabilities, as torch's `nll_loss` with the classes on the last axis.
 * @param logProbabilities float32 [..., C].
 * @param target int32 labels [...].
 */
export function nllLoss(
  logProbabilities: tf.Tensor,
  target: tf.Tensor,
  options: Omit<CrossEntropyOptions, 'labelSmoothing'> = {},
): tf.Tensor {
  const { weight, ignoreIndex = -100, reduction = 'mean' } = options;
  checkReduction(reduction);
  check(logProbabilities.rank >= 1, 'nllLoss: log probabilities need a class axis, got a scalar');
  const classes = logProbabilities.shape.at(-1)!;
  checkWeight('nllLoss', weight, classes);
  checkShape('nllLoss', logProbabilities, target, logProbabilities.shape.slice(0, -1));
  checkLabels('nllLoss', target, classes, ignoreIndex);
  return scope(() => {
    const scale = labelScale(tf.cast(target, 'int32'), ignoreIndex, weight, classes);
    const loss = tf.neg(tf.mul(pick(logProbabilities, oneHot(target, classes)), scale));
    return reduction === 'mean' ? tf.div(total(loss), total(scale)) : reduce(loss, reduction);
  });
}

/** Σ_c q_c (lse - x_c) with q = weight ((1 - smoothing) target + smoothing / C). */
function againstDistribution(
  logits: tf.Tensor,
  target: tf.Tensor,
  weight: tf.Tensor | undefined,
  smoothing: number,
): tf.Tensor {
  const smooth = smoothing === 0 ? target : tf.add(tf.mul(target, 1 - smoothing), smoothing / logits.shape.at(-1)!);
  const mass = weight === undefined ? smooth : tf.mul(smooth, weight);
  return customOp(
    [logits, mass],
    (logits, mass) => {
      const { probabilities, logSumExp } = softmax(logits!);
      const value = tf.sub(tf.mul(tf.sum(mass!, -1), logSumExp), tf.sum(tf.mul(mass!, logits!), -1));
      return { value, saved: [probabilities, logSumExp] };
    },
    (dy, [logits, mass], saved) => {
      const upstream = tf.expandDims(dy, -1);
      const { probabilities: p, logSumExp: lse } =
        saved === null ? softmax(logits!) : { probabilities: saved[0]!, logSumExp: saved[1]! };
      return [
        tf.mul(tf.sub(tf.mul(p, tf.sum(mass!, -1, true)), mass!), upstream),
        tf.mul(tf.sub(tf.expandDims(lse, -1), logits!), upstream),
      ];
    },
  );
}

function softmax(logits: tf.Tensor): { probabilities: tf.Tensor; logSumExp: tf.Tensor } {
  const { probabilities, largest, logSum } = softmaxOf(logits);
  return { probabilities, logSumExp: tf.add(largest, logSum) };
}

/** Weight of each label's class, 0 where it is ignored; a constant to gradients. */
function labelScale(target: tf.Tensor, ignoreIndex: number, weight: tf.Tensor | undefined, classes: number): tf.Tensor {
  return constantOp(() => LabelWeights.run({ target, weight }, { classes, ignoreIndex })[0]!);
}

function checkWeight(name: string, weight: tf.Tensor | undefined, classes: number): void {
  check(
    weight === undefined || (weight.rank === 1 && weight.size === classes),
    () => `${name}: weight needs one value for each of ${classes} classes, got shape [${weight!.shape.join(', ')}]`,
  );
}

function checkShape(name: string, x: tf.Tensor, target: tf.Tensor, expected: readonly number[]): void {
  check(
    tf.util.arraysEqual(target.shape, [...expected]),
    () =>
      `${name}: for predictions of shape [${x.shape.join(', ')}] a ${target.dtype} target needs shape ` +
      `[${expected.join(', ')}], got [${target.shape.join(', ')}]`,
  );
}
