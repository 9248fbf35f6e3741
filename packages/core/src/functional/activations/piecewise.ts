import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import { activation } from './one-pass.js';

/** 1 where low < x < high, else 0. */
function between(x: tf.Tensor, low: number, high: number): tf.Tensor {
  return tf.mul(tf.step(tf.sub(x, low)), tf.step(tf.sub(high, x)));
}

/** x clamped to [min, max]; no gradient at the bounds, as in torch. */
export function hardtanh(x: tf.Tensor, min = -1, max = 1): tf.Tensor {
  check(min <= max, `hardtanh: the lower bound ${min} is above the upper bound ${max}`);
  return customOp(
    [x],
    (x) => ({ value: tf.clipByValue(x!, min, max) }),
    (dy, [x]) => tf.mul(dy, between(x!, min, max)),
  );
}

/** x / 6 + 1/2 clamped to [0, 1] (Howard et al. 2019, arXiv:1905.02244). */
export function hardsigmoid(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({ value: tf.mul(tf.relu6(tf.add(x!, 3)), 1 / 6) }),
    (dy, [x]) => tf.mul(dy, tf.mul(between(x!, -3, 3), 1 / 6)),
  );
}

/** x hardsigmoid(x) (Howard et al. 2019, arXiv:1905.02244). */
export function hardswish(x: tf.Tensor): tf.Tensor {
  return activation(x, 'hardswish');
}

/** x moved towards 0 by lambda, and 0 within lambda of it. */
export function softshrink(x: tf.Tensor, lambda = 0.5): tf.Tensor {
  check(lambda >= 0, `softshrink: lambda must not be negative, got ${lambda}`);
  return scope(() => tf.sub(tf.relu(tf.sub(x, lambda)), tf.relu(tf.sub(-lambda, x))));
}

/** x where |x| > lambda, else 0. */
export function hardshrink(x: tf.Tensor, lambda = 0.5): tf.Tensor {
  return scope(() => tf.mul(x, tf.step(tf.sub(tf.abs(x), lambda))));
}

/** x where x > threshold, else `value`. */
export function threshold(x: tf.Tensor, threshold: number, value: number): tf.Tensor {
  return scope(() => tf.where(tf.greater(x, threshold), x, tf.fill(x.shape, value)));
}

/** x / (1 + |x|). */
export function softsign(x: tf.Tensor): tf.Tensor {
  return customOp(
    [x],
    (x) => ({ value: tf.div(x!, tf.add(tf.abs(x!), 1)) }),
    (dy, [x]) => tf.div(dy, tf.square(tf.add(tf.abs(x!), 1))),
  );
}
