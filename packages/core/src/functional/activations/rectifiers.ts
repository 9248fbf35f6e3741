import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans } from '../../kernels/channels.js';
import { activation } from './one-pass.js';

/** max(x, 0). */
export function relu(x: tf.Tensor): tf.Tensor {
  return tf.relu(x);
}

/** x clamped to [0, 6]. */
export function relu6(x: tf.Tensor): tf.Tensor {
  return tf.relu6(x);
}

/** max(x, 0)^2 (So et al. 2021, arXiv:2109.08668). */
export function squaredRelu(x: tf.Tensor): tf.Tensor {
  return activation(x, 'squaredRelu');
}

/** x where positive, else negativeSlope x. */
export function leakyRelu(x: tf.Tensor, negativeSlope = 0.01): tf.Tensor {
  return activation(x, 'leaky', [negativeSlope]);
}

/**
 * x where positive, else weight x, with one slope [1] or a slope a channel [C] (He et al. 2015, arXiv:1502.01852).
 *
 * @throws InvalidArgumentError for a weight of another shape.
 */
export function prelu(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const channels = x.shape.at(-1) ?? 1;
  check(
    weight.rank === 1 && (weight.size === 1 || weight.size === channels),
    () => `prelu: weight of shape [${weight.shape.join(', ')}] for an input of shape [${x.shape.join(', ')}]`,
  );
  const count = x.size / channels;
  return customOp(
    [x, weight],
    (x, weight) => ({ value: tf.prelu(x!, weight!.size === channels ? weight! : tf.tile(weight!, [channels])) }),
    (dy, [x, weight]) => {
      const positive = tf.step(x!);
      const slope = tf.add(positive, tf.mul(tf.sub(1, positive), weight!));
      const slopeGradient = tf.mul(dy, tf.sub(x!, tf.relu(x!)));
      const sums = tf.mul(tf.reshape(channelMeans(tf.reshape(slopeGradient, [1, count, channels])), [channels]), count);
      return [tf.mul(dy, slope), weight!.size === channels ? sums : tf.sum(sums, 0, true)];
    },
  );
}

/** scale x where positive, else scale alpha (exp(rate x) - 1). */
function exponential(x: tf.Tensor, alpha: number, scale: number, rate: number): tf.Tensor {
  return activation(x, 'exponential', [alpha, scale, rate]);
}

/** x where positive, else alpha (exp(x) - 1) (Clevert et al. 2015, arXiv:1511.07289). */
export function elu(x: tf.Tensor, alpha = 1): tf.Tensor {
  return exponential(x, alpha, 1, 1);
}

/** Scaled ELU with the constants that keep activations normalised (Klambauer et al. 2017, arXiv:1706.02515). */
export function selu(x: tf.Tensor): tf.Tensor {
  return exponential(x, 1.6732632423543772, 1.0507009873554805, 1);
}

/** Continuously differentiable ELU: x where positive, else alpha (exp(x / alpha) - 1) (Barron 2017, arXiv:1704.07483). */
export function celu(x: tf.Tensor, alpha = 1): tf.Tensor {
  check(alpha !== 0, 'celu: alpha must not be 0');
  return exponential(x, alpha, 1, 1 / alpha);
}
