import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { straightThrough } from '../gradient-flow/index.js';
import { scope } from '../../memory.js';
import { defaultGenerator, uniformTensor, type Generator } from '../../random/index.js';

export interface GumbelSoftmaxOptions {
  /** Default 1; towards 0 samples become one-hot. A tensor is broadcast against the logits, differentiable. */
  readonly temperature?: number | tf.Tensor;
  /** One-hot samples with the soft ones' gradient (straight through). Default false. */
  readonly hard?: boolean;
  /** Default: the default generator. */
  readonly generator?: Generator | undefined;
}

/**
 * A differentiable sample of the categories of the last axis (Jang et al. 2016, arXiv:1611.01144; Maddison et al. 2016,
 * arXiv:1611.00712): torch.nn.functional.gumbel_softmax.
 *
 * @param logits float32 [..., categories]
 * @returns logits' shape, each row 1 in sum
 */
export function gumbelSoftmax(logits: tf.Tensor, options: GumbelSoftmaxOptions = {}): tf.Tensor {
  const { temperature = 1, hard = false, generator = defaultGenerator() } = options;
  check(
    typeof temperature !== 'number' || temperature > 0,
    () => `gumbelSoftmax: the temperature must be above 0, got ${String(temperature)}`,
  );
  return scope(() => {
    // away from 0 and 1, whose logarithms are infinite or zero
    const uniform = uniformTensor(logits.shape, 1e-10, 1 - 6e-8, generator);
    const noise = tf.neg(tf.log(tf.neg(tf.log(uniform))));
    const soft = tf.softmax(tf.div(tf.add(logits, noise), temperature));
    return hard ? straightThrough(soft, oneHotLargest(soft)) : soft;
  });
}

/** 1 at the largest of the last axis, 0 elsewhere. */
function oneHotLargest(x: tf.Tensor): tf.Tensor {
  return tf.oneHot(tf.argMax(x, -1), x.shape.at(-1)!, 1, 0, 'float32');
}
