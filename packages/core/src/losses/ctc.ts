import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { scope } from '../memory.js';
import { integers, Lattice, LOG_ZERO, type Integers } from './ctc-lattice.js';
import { checkReduction, total, type ReductionOptions } from './reduction.js';

export interface CtcOptions extends ReductionOptions {
  /** The label for "nothing here". Default 0. */
  readonly blank?: number;
  /** Count a sample whose target does not fit into its input as 0, without a gradient. Default false: it costs infinity. */
  readonly zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification (Graves et al. 2006), as torch's `ctc_loss`: the negative log probability of all
 * alignments of the target with the input. 'mean' (default) divides each sample's loss by its target's length first.
 *
 * Runs forward and backward recursion side by side, one step for all samples and labels at once.
 *
 * @param logProbabilities float32 [T, N, C], or [T, C] for one sample.
 * @param targets labels [N, S], or all samples' labels one after another; never the blank.
 * @param inputLengths N lengths up to T. @param targetLengths N lengths.
 * @returns a scalar, or with reduction 'none' [N].
 */
export function ctc(
  logProbabilities: tf.Tensor,
  targets: Integers,
  inputLengths: Integers,
  targetLengths: Integers,
  options: CtcOptions = {},
): tf.Tensor {
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  checkReduction(reduction);
  const { rank, shape } = logProbabilities;
  check(
    (rank === 2 || rank === 3) && shape[0]! > 0,
    () => `ctc: log probabilities need shape [T, N, C], got [${shape.join(', ')}]`,
  );
  const lattice = new Lattice(
    rank === 3 ? shape : [shape[0]!, 1, shape[1]!],
    targets,
    integers(inputLengths),
    integers(targetLengths),
    blank,
  );
  return scope(() => {
    const emissions = tf.gather(tf.reshape(logProbabilities, [-1]), lattice.emissionIndex());
    const loss = alignmentLoss(emissions, lattice, zeroInfinity);
    if (reduction === 'sum') return total(loss);
    if (reduction === 'none') return rank === 2 ? tf.squeeze(loss) : loss;
    const lengths = lattice.targetLengths.map((length) => Math.max(length, 1));
    return tf.div(total(tf.div(loss, tf.tensor1d(lengths))), lattice.batch);
  });
}

/** float32 [N]: -log Σ over alignments Π emissions, from log emissions [T N states]. Its gradient is minus each state's posterior. */
function alignmentLoss(emissions: tf.Tensor, lattice: Lattice, zeroInfinity: boolean): tf.Tensor {
  const { steps, batch, width } = lattice;
  const op = tf.customGrad((input, save) => {
    const logs = tf.reshape(input as tf.Tensor, [steps, batch, width]);
    const paths = recursion(logs, lattice);
    const loss = endLoss(paths, lattice);
    (save as tf.GradSaveFunc)([logs, paths, loss]);
    const gradFunc = (dy: tf.Tensor, [e, kept, ends]: tf.Tensor[]) =>
      scope(() => {
        const [forward, reversed] = tf.split(kept!, 2, 1) as [tf.Tensor, tf.Tensor];
        const backward = tf.reshape(tf.gather(tf.reshape(reversed, [-1]), lattice.reversal()), forward.shape);
        const joint = tf.add(tf.sub(tf.add(forward, backward), e!), tf.expandDims(ends!, -1));
        // a posterior is at most 1; the clip is for places beyond a sample's end, where anything stands
        const posterior = tf.mul(tf.exp(tf.clipByValue(joint, LOG_ZERO, 1)), lattice.existing());
        const gradient = tf.mul(posterior, tf.expandDims(tf.neg(dy), -1));
        const unreachable = tf.fill(gradient.shape, zeroInfinity ? 0 : NaN);
        return tf.reshape(tf.where(tf.expandDims(tf.isFinite(ends!), -1), gradient, unreachable), [-1]);
      });
    const value = zeroInfinity ? tf.where(tf.isFinite(loss), loss, tf.zerosLike(loss)) : loss;
    return { value, gradFunc };
  });
  return op(emissions);
}

/** Log sums over path beginnings, then over path ends as the reversed lattice sees them: [T, 2N, states]. */
function recursion(logs: tf.Tensor, lattice: Lattice): tf.Tensor {
  const { batch, width } = lattice;
  const reversed = tf.reshape(tf.gather(tf.reshape(logs, [-1]), lattice.reversal()), logs.shape);
  const emissions = tf.unstack(tf.concat([logs, reversed], 1)) as tf.Tensor2D[];
  const skips = lattice.skips();
  const start = new Float32Array(width).fill(LOG_ZERO).fill(0, 0, 2);
  const frames: tf.Tensor2D[] = [tf.add(emissions[0]!, tf.tensor1d(start))];
  for (const emission of emissions.slice(1)) {
    const stay = frames.at(-1)!;
    frames.push(
      scope(() => {
        const padded = tf.pad2d(
          stay,
          [
            [0, 0],
            [2, 0],
          ],
          LOG_ZERO,
        );
        const step = tf.slice2d(padded, [0, 1], [2 * batch, width]);
        const skip = tf.add(tf.slice2d(padded, [0, 0], [2 * batch, width]), skips);
        return tf.add(logSumExp([stay, step, skip]), emission);
      }),
    );
  }
  return tf.stack(frames);
}

function endLoss(paths: tf.Tensor, lattice: Lattice): tf.Tensor {
  const { batch, width, inputLengths, targetLengths } = lattice;
  const flat = tf.reshape(paths, [-1]);
  const at = (fromEnd: number): tf.Tensor => {
    const index = inputLengths.map((length, n) => {
      const state = Math.max(lattice.states(n) - fromEnd, 0);
      return (Math.max(length - 1, 0) * 2 * batch + n) * width + state;
    });
    return tf.gather(flat, tf.tensor1d(index, 'int32'));
  };
  // an empty target has one end state only
  const second = tf.tensor1d(targetLengths.map((length) => (length === 0 ? LOG_ZERO : 0)));
  const loss = tf.neg(logSumExp([at(1), tf.add(at(2), second)]));
  const possible = tf.where(tf.less(loss, -0.1 * LOG_ZERO), loss, tf.scalar(Infinity));
  // without input only the empty target has an alignment
  const empty = tf.tensor1d(targetLengths.map((length) => (length === 0 ? 0 : Infinity)));
  return tf.where(tf.tensor1d(inputLengths.map(Boolean), 'bool'), possible, empty);
}

function logSumExp(terms: readonly tf.Tensor[]): tf.Tensor {
  const most = terms.reduce((a, b) => tf.maximum(a, b));
  return tf.add(tf.log(tf.addN(terms.map((term) => tf.exp(tf.sub(term, most))))), most);
}
