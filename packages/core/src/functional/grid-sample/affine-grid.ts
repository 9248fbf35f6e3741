import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { perAxis } from '../axes/options.js';
import { product } from '../axes/permute.js';

/**
 * The grid that makes {@link gridSample} an affine map.
 *
 * @param theta [batch, 2, 3], or [batch, 3, 4] over three axes; acts on (x, y[, z], 1)
 * @param size the result's spatial sizes, [height, width] or [depth, height, width]
 * @returns [batch, …size, 2 or 3]
 */
export function affineGrid(
  theta: tf.Tensor,
  size: readonly number[],
  options: { alignCorners?: boolean } = {},
): tf.Tensor {
  const { alignCorners = false } = options;
  const axes = size.length;
  check(
    (axes === 2 || axes === 3) && theta.rank === 3 && theta.shape[1] === axes && theta.shape[2] === axes + 1,
    () => `affineGrid: theta [${theta.shape.join(', ')}] does not fit ${axes} spatial axes`,
  );
  const sizes = perAxis(size, axes, 'affineGrid: size', 1);
  const count = product(sizes);
  const points = new Float32Array(count * (axes + 1));
  for (let i = 0; i < count; i++) {
    let rest = i;
    for (let axis = axes - 1; axis >= 0; axis--) {
      const n = sizes[axis]!;
      const at = rest % n;
      rest = Math.floor(rest / n);
      // the grid has x first, the axes have it last
      points[i * (axes + 1) + axes - 1 - axis] = coordinate(at, n, alignCorners);
    }
    points[i * (axes + 1) + axes] = 1;
  }
  return scope(() => {
    const batch = theta.shape[0]!;
    const columns = tf.reshape(tf.transpose(theta, [2, 0, 1]), [axes + 1, batch * axes]);
    const grid = tf.matMul(tf.tensor2d(points, [count, axes + 1]), columns);
    return tf.reshape(tf.transpose(tf.reshape(grid, [count, batch, axes]), [1, 0, 2]), [batch, ...sizes, axes]);
  });
}

function coordinate(at: number, size: number, alignCorners: boolean): number {
  if (alignCorners) return size === 1 ? 0 : (2 * at) / (size - 1) - 1;
  return (2 * at + 1) / size - 1;
}
