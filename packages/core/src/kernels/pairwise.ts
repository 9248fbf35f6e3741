import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';

/** Numbers that a matrix of pairs may have; rows are taken in blocks of as many as that holds. */
const room = 1 << 24;

/**
 * What `fn` makes of the squared distances [batch, rows, candidates] from points of a to those of b, less `less()`, which has one
 * number for each point of a ([batch, rows, 1]) and is the same for all candidates. Blocks of points are taken one after the other,
 * and what `fn` gives is joined along axis 1.
 *
 * @param a float32 [batch, points, dimensions]
 * @param b float32 [batch, candidates, dimensions], at least one candidate
 */
export function overPairs(
  a: tf.Tensor,
  b: tf.Tensor,
  fn: (distances: tf.Tensor3D, less: () => tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const [batch, points] = a.shape as [number, number];
  // as seen from a candidate: far from the origin the terms would cancel; its coordinates stay whole where they were
  const origin = tf.slice(b, [0, 0, 0], [-1, 1, -1]);
  const [from, to] = [tf.sub(a, origin), tf.sub(b, origin) as tf.Tensor3D];
  const squares = tf.expandDims(tf.sum(tf.square(to), 2), 1);
  const rows = Math.max(1, Math.floor(room / Math.max(1, batch * b.shape[1]!)));
  const blocks: tf.Tensor[] = [];
  for (let first = 0; first === 0 || first < points; first += rows) {
    const count = Math.min(rows, points - first);
    blocks.push(
      scope(() => {
        const block = (count === points ? from : tf.slice(from, [0, first, 0], [-1, count, -1])) as tf.Tensor3D;
        const distances = tf.sub(squares, tf.mul(2, tf.matMul(block, to, false, true)));
        return fn(distances as tf.Tensor3D, () => tf.neg(tf.sum(tf.square(block), 2, true)));
      }),
    );
  }
  return blocks.length === 1 ? blocks[0]! : tf.concat(blocks, 1);
}
