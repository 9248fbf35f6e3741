import * as tf from '@tensorflow/tfjs-core';
import { check, linearAssignment, scope } from '@hourglass/core';

/** Losses [N, estimates, targets] of every estimate against every target. */
export type PairwiseLoss = (estimates: tf.Tensor, targets: tf.Tensor) => tf.Tensor;

export interface PermutationInvariantResult {
  /** Scalar: the mean over batch and sources with the best permutation of each example. */
  readonly loss: tf.Tensor;
  /** float32 [N]: that of each example. */
  readonly losses: tf.Tensor;
  /** int32 [N, sources]: `permutation[n][i]` is the estimate that belongs to target i. */
  readonly permutation: tf.Tensor;
  /** The estimates in the order of the targets; differentiable. */
  readonly reordered: tf.Tensor;
}

/** Up to so many sources all permutations are tried, on the device; their number grows with the factorial. */
const exhaustiveSources = 5;

/**
 * Permutation-invariant training (Yu et al. 2017, arXiv:1607.00325): the loss under the assignment of estimates to targets that makes it
 * least. Few sources try all permutations in lexicographic order, the first of equal ones counts; more use the Hungarian method,
 * which reads the losses from the device.
 *
 * @param estimates float32 [N, sources, ...]
 * @param targets float32 [N, sources, ...]
 * @param pairwise of the signals, {@link pairwiseNegativeSdr} for instance; {@link pairwiseOf} makes one of an ordinary loss
 * @throws InvalidArgumentError when the shapes differ or `pairwise` gives another shape than [N, sources, sources]
 */
export function permutationInvariantLoss(
  estimates: tf.Tensor,
  targets: tf.Tensor,
  pairwise: PairwiseLoss,
): PermutationInvariantResult {
  check(
    estimates.rank >= 2 && tf.util.arraysEqual(estimates.shape, targets.shape),
    () =>
      `permutationInvariantLoss takes [N, sources, ...] twice, got [${estimates.shape.join(', ')}] and [${targets.shape.join(', ')}]`,
  );
  const [batch, sources] = estimates.shape as [number, number];
  return scope(() => {
    const losses = pairwise(estimates, targets);
    check(
      tf.util.arraysEqual(losses.shape, [batch, sources, sources]),
      () => `a pairwise loss gives [N, sources, sources], got [${losses.shape.join(', ')}]`,
    );
    const best = sources <= exhaustiveSources ? tryAll(losses) : assign(losses);
    const mean = tf.mean(best.losses);
    return { loss: mean, ...best, reordered: reorderSources(estimates, best.permutation) };
  });
}

/**
 * Sources in another order.
 *
 * @param x [N, sources, ...]
 * @param permutation int32 [N, sources]: which source of x comes to each place
 */
export function reorderSources(x: tf.Tensor, permutation: tf.Tensor): tf.Tensor {
  const [batch, sources, ...rest] = x.shape as [number, number, ...number[]];
  return scope(() => {
    const rows = tf.add(
      permutation,
      tf.mul(tf.expandDims(tf.range(0, batch, 1, 'int32'), 1), tf.scalar(sources, 'int32')),
    );
    const taken = tf.gather(
      tf.reshape(x, [batch * sources, -1]),
      tf.reshape(tf.cast(rows, 'int32'), [batch * sources]),
    );
    return tf.reshape(taken, [batch, sources, ...rest]);
  });
}

/**
 * A pairwise loss of one that compares single sources.
 *
 * @param loss of an estimate [N, ...] and a target [N, ...]: [N]
 */
export function pairwiseOf(loss: (estimate: tf.Tensor, target: tf.Tensor) => tf.Tensor): PairwiseLoss {
  return (estimates, targets) =>
    scope(() => {
      const wanted = tf.unstack(targets, 1);
      const rows = tf.unstack(estimates, 1).map((one) =>
        tf.stack(
          wanted.map((target) => loss(one, target)),
          1,
        ),
      );
      return tf.stack(rows, 1);
    });
}

/** All orders of 0 … n - 1, in lexicographic order. */
export function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return Array.from({ length: n }, (_, first) =>
    permutations(n - 1).map((rest) => [first, ...rest.map((value) => (value < first ? value : value + 1))]),
  ).flat();
}

interface Best {
  readonly losses: tf.Tensor;
  readonly permutation: tf.Tensor;
}

/** losses [N, estimates, targets]. Nothing is read: it works under a gradient tape on GPUs too. */
function tryAll(losses: tf.Tensor): Best {
  const [batch, sources] = losses.shape as [number, number, number];
  const all = permutations(sources);
  // which (estimate, target) each permutation takes
  const chosen = new Float32Array(sources * sources * all.length);
  all.forEach((permutation, p) => {
    permutation.forEach((estimate, target) => (chosen[(estimate * sources + target) * all.length + p] = 1 / sources));
  });
  const flat = tf.reshape(losses, [batch, sources * sources]);
  const means = tf.matMul(flat as tf.Tensor2D, tf.tensor2d(chosen, [sources * sources, all.length]));
  const index = tf.argMin(means, 1);
  const first = tf.cast(tf.equal(tf.expandDims(index, 1), tf.range(0, all.length, 1, 'int32')), 'float32');
  return {
    losses: tf.sum(tf.mul(means, first), 1),
    permutation: tf.gather(tf.tensor2d(all, [all.length, sources], 'int32'), index),
  };
}

function assign(losses: tf.Tensor): Best {
  const [batch, sources] = losses.shape as [number, number, number];
  // a row a target
  const costs = tf.transpose(losses, [0, 2, 1]);
  const values = costs.dataSync<'float32'>();
  const size = sources * sources;
  const chosen = new Float32Array(batch * size);
  const permutation = new Int32Array(batch * sources);
  for (let n = 0; n < batch; n++) {
    const columns = linearAssignment(values.subarray(n * size, (n + 1) * size), sources, sources);
    permutation.set(columns, n * sources);
    columns.forEach((column, row) => (chosen[n * size + row * sources + column] = 1 / sources));
  }
  return {
    losses: tf.sum(tf.mul(costs, tf.tensor3d(chosen, [batch, sources, sources])), [1, 2]),
    permutation: tf.tensor2d(permutation, [batch, sources], 'int32'),
  };
}
