import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

/**
 * Scores by distance to scores by place (Transformer-XL, Dai et al. 2019, arXiv:1901.02860): row l of the result takes, for place s, the
 * entry of distance s - l. No row of entries is copied for each pair.
 *
 * @param x [..., L, 2 L - 1]: entries of distances -(L - 1) … L - 1
 * @returns [..., L, L]
 * @throws InvalidArgumentError for another number of distances
 */
export function relativeShift(x: tf.Tensor): tf.Tensor {
  const [length, distances] = [x.shape.at(-2)!, x.shape.at(-1)!];
  check(
    x.rank >= 2 && distances === 2 * length - 1,
    () => `relativeShift: ${length} places have ${2 * length - 1} distances, got shape [${x.shape.join(', ')}]`,
  );
  const lead = x.shape.slice(0, -2);
  return scope(() => {
    const flat = tf.reshape(x, [-1, length, distances]);
    const padded = tf.pad(flat, [
      [0, 0],
      [0, 0],
      [1, 0],
    ]);
    // read in rows of another length, each row begins one entry earlier than the one before
    const skewed = tf.slice(tf.reshape(padded, [-1, 2 * length, length]), [0, 1, 0], [-1, distances, length]);
    const rows = tf.reshape(skewed, [-1, length, distances]);
    return tf.reshape(tf.slice(rows, [0, 0, 0], [-1, length, length]), [...lead, length, length]);
  });
}
