import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp } from '../../gradients/custom-op.js';
import { scope } from '../../memory.js';
import { normalizeAxis } from '../activations/softmax.js';

/**
 * Shifts x along axes; what leaves one end enters at the other. `shifts` and `dims` have equal lengths.
 *
 * @throws InvalidArgumentError otherwise, or for an axis that x does not have.
 */
export function roll(x: tf.Tensor, shifts: number | readonly number[], dims: number | readonly number[]): tf.Tensor {
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  const axes = (typeof dims === 'number' ? [dims] : dims).map((dim) => normalizeAxis(dim, x));
  check(by.length === axes.length, () => `roll: ${by.length} shifts for ${axes.length} axes`);
  return scope(() =>
    axes.reduce((y, axis, i) => {
      const size = y.shape[axis]!;
      const shift = size === 0 ? 0 : ((by[i]! % size) + size) % size;
      if (shift === 0) return y === x ? tf.clone(x) : y;
      const [head, tail] = tf.split(y, [size - shift, shift], axis) as [tf.Tensor, tf.Tensor];
      return tf.concat([tail, head], axis);
    }, x),
  );
}

/** Reverses x along axes. */
export function flip(x: tf.Tensor, dims: number | readonly number[]): tf.Tensor {
  return tf.reverse(
    x,
    (typeof dims === 'number' ? [dims] : dims).map((dim) => normalizeAxis(dim, x)),
  );
}

function triangle(name: string, x: tf.Tensor, keep: (row: number, column: number) => boolean): tf.Tensor {
  check(x.rank >= 2, () => `${name} takes matrices, got shape [${x.shape.join(', ')}]`);
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return scope(() => {
    const kept = Uint8Array.from({ length: rows * columns }, (_, i) =>
      keep(Math.floor(i / columns), i % columns) ? 1 : 0,
    );
    // chosen, not multiplied: what is left out may be infinite
    return tf.where(tf.broadcastTo(tf.tensor(kept, [rows, columns], 'bool'), x.shape), x, tf.zerosLike(x));
  });
}

/** The lower triangles of matrices [..., n, m] up to a diagonal (0 the main one, positive above it); zeros elsewhere. */
export function tril(x: tf.Tensor, diagonal = 0): tf.Tensor {
  return triangle('tril', x, (row, column) => column <= row + diagonal);
}

/** The upper triangles of matrices [..., n, m] from a diagonal (0 the main one, positive above it); zeros elsewhere. */
export function triu(x: tf.Tensor, diagonal = 0): tf.Tensor {
  return triangle('triu', x, (row, column) => column >= row + diagonal);
}

/** Repeats each element `repeats` times along `dim`: a b becomes a a b b. */
export function repeatInterleave(x: tf.Tensor, repeats: number, dim: number): tf.Tensor {
  check(Number.isInteger(repeats) && repeats >= 1, `repeatInterleave: ${repeats} repeats`);
  const axis = normalizeAxis(dim, x);
  return scope(() => {
    const times = Array.from({ length: x.rank + 1 }, (_, i) => (i === axis + 1 ? repeats : 1));
    return tf.reshape(
      tf.tile(tf.expandDims(x, axis + 1), times),
      x.shape.map((size, i) => (i === axis ? size * repeats : size)),
    );
  });
}

/** Kronecker product of matrices [a, b] and [c, d]: [a c, b d]. */
export function kron(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  check(x.rank === 2 && y.rank === 2, () => `kron takes two matrices, got ranks ${x.rank} and ${y.rank}`);
  const [[a, b], [c, d]] = [x.shape as [number, number], y.shape as [number, number]];
  return scope(() => {
    const products = tf.mul(tf.reshape(x, [a, 1, b, 1]), tf.reshape(y, [1, c, 1, d]));
    return tf.reshape(products, [a * c, b * d]);
  });
}

/** `value` where mask (bool, broadcast) is true, x elsewhere. */
export function maskedFill(x: tf.Tensor, mask: tf.Tensor, value: number): tf.Tensor {
  return scope(() =>
    tf.where(tf.broadcastTo(tf.cast(mask, 'bool'), x.shape), tf.fill(x.shape, value, x.dtype as 'float32'), x),
  );
}

/**
 * x limited to [min, max]; either may be left out. As in torch no gradient flows at the bounds, unlike that of tf.clipByValue.
 *
 * @param x float32 or int32 of any shape
 */
export function clamp(x: tf.Tensor, limits: { min?: number; max?: number }): tf.Tensor {
  const { min = -Infinity, max = Infinity } = limits;
  const limited = (x: tf.Tensor): tf.Tensor => tf.clipByValue(x, min, max);
  if (x.dtype !== 'float32') return limited(x);
  return customOp(
    [x],
    (x) => ({ value: limited(x!) }),
    (dy, [x]) => {
      // what has no bound is inside, even if infinite
      const above = limits.min === undefined ? null : tf.greater(x!, min);
      const below = limits.max === undefined ? null : tf.less(x!, max);
      const inside = above !== null && below !== null ? tf.logicalAnd(above, below) : (above ?? below);
      return inside === null ? tf.clone(dy) : tf.where(inside, dy, tf.zerosLike(dy));
    },
  );
}
