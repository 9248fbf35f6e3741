import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

/**
 * Scores by distance to scores by place (Transformer-XL, Dai et al. 2019, arXiv:1901.02860): row l of the result takes, for place s, the
 * entry of distance s - l. No row of entries is copied for each pair.
 *
 * @param x [..., L, L + places - 1]: entries of distances from that of the first place to the last of L queries, to that of the last
 * place to the first query; -(L - 1) … L - 1 where the places are the queries' own
 * @param places default L; where there are more, the queries are the last of them
 * @returns [..., L, places]
 * @throws InvalidArgumentError for another number of distances
 */
export function relativeShift(x: tf.Tensor, places: number = x.shape.at(-2)!): tf.Tensor {
  const [length, distances] = [x.shape.at(-2)!, x.shape.at(-1)!];
  check(
    x.rank >= 2 && distances === length + places - 1,
    () =>
      `relativeShift: ${length} queries of ${places} places have ${length + places - 1} distances, got shape [${x.shape.join(', ')}]`,
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
    const skewed = tf.slice(tf.reshape(padded, [-1, distances + 1, length]), [0, 1, 0], [-1, distances, length]);
    const rows = tf.reshape(skewed, [-1, length, distances]);
    return tf.reshape(tf.slice(rows, [0, 0, 0], [-1, length, places]), [...lead, length, places]);
  });
}
