import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import type { StateBuffer } from '../../module/index.js';
import { fixedNorm, move } from './batch-norm.js';
import { groupedNorm, type Statistics } from './grouped.js';

/**
 * Normalises each sample of x [N, ..., C] over the positions and the channels of each of `groups` groups of neighbouring
 * channels (Wu and He 2018, arXiv:1803.08494). `weight` and `bias` are [C] or null.
 *
 * @throws InvalidArgumentError when C is not a multiple of `groups`, or a parameter has another size.
 */
export function groupNorm(
  x: tf.Tensor,
  groups: number,
  weight: tf.Tensor | null = null,
  bias: tf.Tensor | null = null,
  eps = 1e-5,
): tf.Tensor {
  const c = checkChannels('groupNorm', x, [weight, bias]);
  check(
    Number.isInteger(groups) && groups > 0 && c % groups === 0,
    () => `groupNorm: ${c} channels do not divide into ${groups} groups`,
  );
  return scope(() => groupedNorm(x, weight, bias, { batch: x.shape[0]!, groups, eps }));
}

export interface InstanceNormOptions {
  /** Normalise with each sample's own statistics, as in training; false uses the running ones. Default true. */
  readonly useInputStats?: boolean;
  /** Weight of the batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly eps?: number;
}

/**
 * Normalises each channel of each sample of x [N, ..., C] over its positions (Ulyanov et al. 2016, arXiv:1607.08022).
 * Running statistics [C], when given, move towards the batch's average in place.
 *
 * @throws InvalidArgumentError for a wrong shape, a single position, or missing running statistics.
 */
export function instanceNorm(
  x: tf.Tensor,
  runningMean: StateBuffer | null = null,
  runningVar: StateBuffer | null = null,
  weight: tf.Tensor | null = null,
  bias: tf.Tensor | null = null,
  options: InstanceNormOptions = {},
): tf.Tensor {
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  const c = checkChannels('instanceNorm', x, [weight, bias, runningMean, runningVar]);
  return scope(() => {
    if (!useInputStats) {
      check(runningMean !== null && runningVar !== null, 'instanceNorm without input statistics needs running ones');
      return fixedNorm(x, runningMean.value, runningVar.value, weight, bias, eps);
    }
    const p = x.size / (x.shape[0]! * c);
    check(p > 1, () => `instanceNorm needs more than one position, got shape [${x.shape.join(', ')}]`);
    const onStatistics = ({ mean, variance }: Statistics): void => {
      if (runningMean !== null) move(runningMean, tf.mean(mean, 0), momentum);
      if (runningVar !== null) move(runningVar, tf.mean(variance, 0), momentum, p / (p - 1));
    };
    return groupedNorm(x, weight, bias, { batch: x.shape[0]!, groups: c, eps, onStatistics });
  });
}

function checkChannels(
  name: string,
  x: tf.Tensor,
  parameters: ReadonlyArray<{ readonly shape: readonly number[] } | null>,
): number {
  check(x.rank >= 2, () => `${name} takes [batch, ..., channels], got shape [${x.shape.join(', ')}]`);
  const c = x.shape.at(-1)!;
  for (const parameter of parameters) {
    check(
      parameter === null || (parameter.shape.length === 1 && parameter.shape[0] === c),
      () => `${name}: parameters of shape [${parameter!.shape.join(', ')}] for ${c} channels`,
    );
  }
  return c;
}
