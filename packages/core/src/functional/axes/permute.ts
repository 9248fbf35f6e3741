import * as tf from '@tensorflow/tfjs-core';

/**
 * Reads x as a tensor of shape `dims`, puts its axes into the order `perm`, and gives the result the shape `shape`.
 * Axes of size 1 are left out and axes that stay neighbours move as one, because backends are fast for few axes only.
 */
export function permute(
  x: tf.Tensor,
  dims: readonly number[],
  perm: readonly number[],
  shape: readonly number[],
): tf.Tensor {
  const runs: number[][] = [];
  for (const axis of perm) {
    if (dims[axis] === 1) continue;
    const run = runs.at(-1);
    if (run !== undefined && neighbours(dims, run.at(-1)!, axis)) run.push(axis);
    else runs.push([axis]);
  }
  if (runs.length < 2 || x.size === 0) return tf.reshape(x, [...shape]);
  const stored = [...runs].sort((a, b) => a[0]! - b[0]!);
  const sizes = stored.map((run) => run.reduce((size, axis) => size * dims[axis]!, 1));
  const order = runs.map((run) => stored.indexOf(run));
  return tf.reshape(tf.transpose(tf.reshape(x, sizes), order), [...shape]);
}

/** True when `b` comes after `a` with nothing but axes of size 1 between. */
function neighbours(dims: readonly number[], a: number, b: number): boolean {
  return b > a && dims.slice(a + 1, b).every((size) => size === 1);
}

/** Product of sizes; 1 for none. */
export function product(sizes: readonly number[]): number {
  return sizes.reduce((size, d) => size * d, 1);
}
