import { check, customOp, functional, losses, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { pick, pickGradient } from './edges.js';
import { TransducerLattice } from './lattice.js';
import { lossOf, occupations, sumPaths, type Edges, type Paths } from './recursion.js';
import { blankOf, numbers, paddedTargets } from './targets.js';

export interface RnntLossOptions extends losses.ReductionOptions {
  /** The label for "on to the next frame"; negative counts from the last class. Default -1. */
  readonly blank?: number;
  /** Bound of the gradient's values, before it is multiplied by what comes from behind; 0 or less: none. Default -1. */
  readonly clamp?: number;
  /** The logits are unnormalised; false: log probabilities. Default true. */
  readonly fusedLogSoftmax?: boolean;
}

/**
 * The transducer loss (Graves 2012, arXiv:1211.3711), equal to `torchaudio.functional.rnnt_loss`: minus the log probability of
 * the labels, summed over every way to spread them over the frames.
 *
 * Forward and backward recursions run side by side, one step for each diagonal of the lattice and for all utterances; the gradient is
 * the analytic one.
 *
 * @param logits float32 [N, T, U + 1, V] of a joiner
 * @param targets labels [N, U], or all utterances' labels one after another; never the blank
 * @param logitLengths N lengths from 1 to T @param targetLengths N lengths up to U
 * @returns a scalar, or with reduction 'none' [N]
 * @throws InvalidArgumentError for other shapes, lengths and labels that do not fit
 */
export function rnntLoss(
  logits: tf.Tensor,
  targets: losses.Integers,
  logitLengths: losses.Integers,
  targetLengths: losses.Integers,
  options: RnntLossOptions = {},
): tf.Tensor {
  const { clamp = -1, fusedLogSoftmax = true, reduction = 'mean' } = options;
  losses.checkReduction(reduction);
  check(
    logits.rank === 4 && logits.size > 0,
    () => `rnntLoss takes logits [N, T, U + 1, V], got [${logits.shape.join(', ')}]`,
  );
  const [batch, frames, width, classes] = logits.shape as [number, number, number, number];
  const blank = blankOf(options.blank, classes);
  const lattice = new TransducerLattice([batch, frames, width], numbers(logitLengths), numbers(targetLengths));
  const labels = paddedTargets(targets, lattice.labelLengths, width, classes, blank);
  const labelsOfNodes = (): tf.Tensor => tf.tensor3d(labels, [batch, 1, width], 'int32');

  const normalizerOf = (logits: tf.Tensor): tf.Tensor | null => (fusedLogSoftmax ? functional.logsumexp(logits) : null);
  const edgesOf = (logits: tf.Tensor, normalizer: tf.Tensor | null): Edges => {
    const { blank: b, label } = pick(logits, labelsOfNodes(), blank);
    const normal = (x: tf.Tensor): tf.Tensor => (normalizer === null ? x : tf.sub(x, normalizer));
    return { blank: normal(b), label: tf.slice(normal(label), [0, 0, 0], [batch, frames, width - 1]) };
  };
  const gradient = (logits: tf.Tensor, paths: Paths, normalizer: tf.Tensor | null): tf.Tensor => {
    const { blank: b, label } = occupations(edgesOf(logits, normalizer), paths, lattice);
    const all = tf.pad(label, [
      [0, 0],
      [0, 0],
      [0, 1],
    ]);
    const by = { blank: tf.neg(b), label: tf.neg(all) };
    const unbounded = pickGradient(logits, labelsOfNodes(), blank, normalizer, by);
    return clamp > 0 ? tf.clipByValue(unbounded, -clamp, clamp) : unbounded;
  };

  return scope(() => {
    const loss = customOp(
      [logits],
      (logits) => {
        const normalizer = normalizerOf(logits!);
        const { table, logProbability } = sumPaths(edgesOf(logits!, normalizer), lattice);
        return {
          value: lossOf(logProbability),
          saved: [table, logProbability, ...(normalizer === null ? [] : [normalizer])],
        };
      },
      (dy, [logits], saved) => {
        const normalizer = saved === null ? normalizerOf(logits!) : (saved[2] ?? null);
        const paths =
          saved === null
            ? sumPaths(edgesOf(logits!, normalizer), lattice)
            : { table: saved[0]!, logProbability: saved[1]! };
        return tf.mul(gradient(logits!, paths, normalizer), tf.reshape(dy, [-1, 1, 1, 1]));
      },
    );
    return losses.reduce(loss, reduction);
  });
}
