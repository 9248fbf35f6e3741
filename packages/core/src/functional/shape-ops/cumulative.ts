import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { asRows } from '../axes/windows.js';

/** Running sum along axis `dim`. */
export function cumsum(x: tf.Tensor, dim = 0): tf.Tensor {
  return tf.cumsum(x, along(x, dim, 'cumsum'));
}

/** Running product along axis `dim`; its gradient is right at zeros too. */
export function cumprod(x: tf.Tensor, dim = 0): tf.Tensor {
  return scan(x, along(x, dim, 'cumprod'), (a, b) => tf.mul(a, b));
}

/** Running maximum along axis `dim`. */
export function cummax(x: tf.Tensor, dim = 0): tf.Tensor {
  return scan(x, along(x, dim, 'cummax'), (a, b) => tf.maximum(a, b));
}

/** Running minimum along axis `dim`. */
export function cummin(x: tf.Tensor, dim = 0): tf.Tensor {
  return scan(x, along(x, dim, 'cummin'), (a, b) => tf.minimum(a, b));
}

/** Logarithm of the running sum of exponentials along axis `dim`, without overflow. */
export function logcumsumexp(x: tf.Tensor, dim = 0): tf.Tensor {
  return scan(x, along(x, dim, 'logcumsumexp'), (a, b) => {
    const top = tf.maximum(a, b);
    return tf.add(top, tf.log1p(tf.exp(tf.neg(tf.abs(tf.sub(a, b))))));
  });
}

function along(x: tf.Tensor, dim: number, name: string): number {
  const axis = dim < 0 ? dim + x.rank : dim;
  check(
    Number.isInteger(axis) && axis >= 0 && axis < x.rank,
    () => `${name}: shape [${x.shape.join(', ')}] has no axis ${dim}`,
  );
  return axis;
}

/** Prefix sums of any associative operation, in log2(size) steps. Hillis and Steele 1986. */
function scan(x: tf.Tensor, axis: number, combine: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): tf.Tensor {
  return scope(() => {
    let y: tf.Tensor = asRows(x, axis);
    const [outer, size, inner] = y.shape as [number, number, number];
    for (let step = 1; step < size; step *= 2) {
      const done = tf.slice(y, [0, 0, 0], [outer, step, inner]);
      const late = tf.slice(y, [0, step, 0], [outer, size - step, inner]);
      const early = tf.slice(y, [0, 0, 0], [outer, size - step, inner]);
      y = tf.concat([done, combine(early, late)], 1);
    }
    return tf.reshape(y, x.shape);
  });
}
