import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';

/**
 * Rows in groups, each group times a matrix of its own.
 *
 * @param x float32 [rows, in], group after group
 * @param weight float32 [groups, in, out], or block-diagonal matrices [groups, blocks, in / blocks, out / blocks]
 * @param sizes rows of each group
 * @returns float32 [rows, out]
 */
export function groupedProduct(x: tf.Tensor, weight: tf.Tensor, sizes: readonly number[]): tf.Tensor {
  const blocks = weight.rank === 4 ? weight.shape[1]! : 1;
  const [inputs, outputs] = [weight.shape.at(-2)!, weight.shape.at(-1)!];
  check(
    x.rank === 2 && x.shape[1] === blocks * inputs && weight.shape[0] === sizes.length,
    () =>
      `groupedProduct: rows [${x.shape.join(', ')}] in ${sizes.length} groups do not fit weights [${weight.shape.join(', ')}]`,
  );
  return scope(() => {
    const filled = sizes.flatMap((size, group) => (size > 0 ? [group] : []));
    const rows = x.shape[0]!;
    // no rows, but made of x and the weights, so that both have gradients: of zeros
    if (filled.length === 0) return tf.add(tf.zeros([0, blocks * outputs]), tf.add(tf.sum(x), tf.sum(weight)));
    const matrices = tf.unstack(weight);
    // blocks first, for all groups at once: there may be hundreds of small ones
    const isBlocked = weight.rank === 4;
    const y = isBlocked ? tf.transpose(tf.reshape(x, [rows, blocks, inputs]), [1, 0, 2]) : x;
    const axis = isBlocked ? 1 : 0;
    // split, whose gradient joins the parts: a slice's would be as large as x for every group
    const parts = tf.split(
      y,
      filled.map((group) => sizes[group]!),
      axis,
    );
    const products = tf.concat(
      filled.map((group, i) => tf.matMul(parts[i]!, matrices[group]!)),
      axis,
    );
    return isBlocked ? tf.reshape(tf.transpose(products, [1, 0, 2]), [rows, blocks * outputs]) : products;
  });
}
