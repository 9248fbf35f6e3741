import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { AverageUpdate } from '../../kernels/average-update/spec.js';
import { normaliseByFixed } from '../../kernels/grouped-norm/gradient.js';
import { FixedNorm } from '../../kernels/grouped-norm/spec.js';
import { scope } from '../../memory.js';
import type { StateBuffer } from '../../module/index.js';
import { groupedNorm, type Statistics } from './grouped.js';

export interface BatchNormOptions {
  /** Use the batch's statistics, and move the running ones towards them. Default false. */
  readonly training?: boolean;
  /** Weight of the batch in the running statistics; a scalar tensor where it is computed. Default 0.1. */
  readonly momentum?: number | tf.Tensor;
  /** Default 1e-5. */
  readonly eps?: number;
  /** Applied to the result, where the backend can in the same pass. Default none. */
  readonly activation?: 'relu' | undefined;
}

/**
 * Batch normalisation of x [..., C] over all axes but the last (Ioffe and Szegedy 2015, arXiv:1502.03167).
 * In training it divides by the biased variance and moves the running variance towards the unbiased one, as torch does.
 * The running statistics [C] are updated in place, outside any gradient tape; null for none.
 *
 * @throws InvalidArgumentError for a wrong shape, fewer than two values a channel in training, or missing statistics
 * in evaluation.
 */
export function batchNorm(
  x: tf.Tensor,
  runningMean: StateBuffer | null,
  runningVar: StateBuffer | null,
  weight: tf.Tensor | null = null,
  bias: tf.Tensor | null = null,
  options: BatchNormOptions = {},
): tf.Tensor {
  const { training = false, momentum = 0.1, eps = 1e-5, activation } = options;
  check(x.rank >= 2, () => `batchNorm takes [..., channels] with at least two axes, got shape [${x.shape.join(', ')}]`);
  const c = x.shape.at(-1)!;
  const p = x.size / c;
  for (const [name, shape] of [
    ['weight', weight?.shape],
    ['bias', bias?.shape],
    ['running mean', runningMean?.shape],
    ['running variance', runningVar?.shape],
  ] as const) {
    check(
      shape === undefined || (shape.length === 1 && shape[0] === c),
      () => `batchNorm: the ${name} has shape [${shape!.join(', ')}], the input has ${c} channels`,
    );
  }
  return scope(() => {
    if (!training) {
      check(
        runningMean !== null && runningVar !== null,
        'batchNorm in evaluation needs running statistics; pass them, or { training: true }',
      );
      return fixedNorm(x, runningMean.value, runningVar.value, weight, bias, eps, activation);
    }
    check(p > 1, () => `batchNorm in training needs more than one value a channel, got shape [${x.shape.join(', ')}]`);
    const onStatistics = ({ mean, variance }: Statistics): void => {
      if (runningMean !== null) move(runningMean, mean, momentum);
      if (runningVar !== null) move(runningVar, variance, momentum, p / (p - 1));
    };
    return groupedNorm(x, weight, bias, { batch: 1, groups: c, eps, activation, onStatistics });
  });
}

/** running = (1 - momentum) running + momentum · scale · observed, which has as many values in whatever shape. */
export function move(running: StateBuffer, observed: tf.Tensor, momentum: number | tf.Tensor, scale = 1): void {
  const { value: average } = running;
  if (typeof momentum === 'number') {
    running.assign(AverageUpdate.run({ average, target: observed }, { weight: momentum, scale })[0]!);
    return;
  }
  const target = tf.mul(tf.reshape(observed, average.shape), scale);
  running.assign(tf.add(average, tf.mul(tf.sub(target, average), momentum)));
}

/** Normalises x [..., c] with given statistics, which count as constants. One pass: a scale and a shift. */
export function fixedNorm(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  eps: number,
  activation?: 'relu',
): tf.Tensor {
  const relu = activation === 'relu';
  // composed, the step of a result that is kept anyway costs less than the norm computed again
  if (relu && !FixedNorm.isBrought) return tf.relu(fixedNorm(x, mean, variance, weight, bias, eps));
  return normaliseByFixed({ x, mean, variance, weight, bias }, { eps, relu });
}
