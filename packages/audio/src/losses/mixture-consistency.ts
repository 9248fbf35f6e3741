import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

/**
 * Moves estimates so that they add up to the mixture (Wisdom et al. 2019, arXiv:1811.08521): what is missing is shared out by weight.
 *
 * @param mixture float32 [N, ...]
 * @param estimates float32 [N, sources, ...]
 * @param weights shape that broadcasts to the estimates', made to add up to 1 over the sources. Default: the power of each estimate
 * @returns the shape of `estimates`; differentiable
 * @throws InvalidArgumentError when the mixture has another shape than one source
 */
export function mixtureConsistency(mixture: tf.Tensor, estimates: tf.Tensor, weights?: tf.Tensor): tf.Tensor {
  check(
    estimates.rank >= 3 && tf.util.arraysEqual(mixture.shape, [estimates.shape[0]!, ...estimates.shape.slice(2)]),
    () =>
      `mixtureConsistency: a mixture of shape [${mixture.shape.join(', ')}] for estimates of shape [${estimates.shape.join(', ')}]`,
  );
  return scope(() => {
    const signal = Array.from({ length: estimates.rank - 2 }, (_, i) => i + 2);
    const shares = weights ?? tf.mean(tf.square(estimates), signal, true);
    // far below the power of any sound: quiet sources share out everything too
    const total = tf.add(tf.sum(shares, 1, true), 1e-20);
    const missing = tf.expandDims(tf.sub(mixture, tf.sum(estimates, 1)), 1);
    return tf.add(estimates, tf.mul(tf.div(shares, total), missing));
  });
}
