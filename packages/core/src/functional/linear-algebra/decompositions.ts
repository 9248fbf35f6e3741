import * as tf from '@tensorflow/tfjs-core';
import { check, UnsupportedError } from '../../errors.js';
import { scope } from '../../memory.js';
import { customOp, twice } from '../../gradients/custom-op.js';
import {
  choleskyFactor,
  eachMatrix,
  inverseOf,
  signedLogDeterminant,
  singularValues,
  squareSize,
  symmetricEigen,
} from './host.js';
import { tril } from './rearrange.js';

const transposed = (x: tf.Tensor): tf.Tensor =>
  tf.transpose(x, [...x.shape.slice(0, -2).map((_, i) => i), x.rank - 1, x.rank - 2]);

/**
 * Inverses of matrices [..., n, n].
 *
 * @throws InvalidArgumentError for a singular or non-square matrix.
 */
export function inverse(x: tf.Tensor): tf.Tensor {
  const n = squareSize('inverse', x);
  return customOp(
    [x],
    (x) => {
      const value = eachMatrix(x!, [n, n], (a) => inverseOf(a, n));
      return { value, saved: [value] };
    },
    (dy, [x], saved) => {
      const back = transposed(saved?.[0] ?? inverse(x!));
      return tf.neg(tf.matMul(back, tf.matMul(dy, back)));
    },
  );
}

/**
 * The solution X of A X = B, for A [..., n, n] and B [..., n, k].
 *
 * @throws InvalidArgumentError for a singular or non-square matrix, or sizes that do not fit.
 */
export function solve(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const n = squareSize('solve', a);
  check(
    b.rank === a.rank && b.shape.at(-2) === n,
    () => `solve: a right-hand side [${b.shape.join(', ')}] does not fit [${a.shape.join(', ')}]`,
  );
  return scope(() => tf.matMul(inverse(a), b));
}

/** Sign of the determinant and logarithm of its magnitude, of matrices [..., n, n]: each [...]. Only the logarithm is differentiable. */
export function slogdet(x: tf.Tensor): { sign: tf.Tensor; logAbs: tf.Tensor } {
  const n = squareSize('slogdet', x);
  return scope(() => ({
    sign: eachMatrix(x, [], (a) => [signedLogDeterminant(a, n)[0]]),
    logAbs: customOp(
      [x],
      (x) => ({ value: eachMatrix(x!, [], (a) => [signedLogDeterminant(a, n)[1]]) }),
      (dy, [x]) => tf.mul(tf.reshape(dy, [...dy.shape, 1, 1]), transposed(inverse(x!))),
    ),
  }));
}

/** Logarithm of the determinant of matrices [..., n, n]; NaN where it is negative. */
export function logdet(x: tf.Tensor): tf.Tensor {
  return scope(() => {
    const { sign, logAbs } = slogdet(x);
    return tf.where(tf.less(sign, 0), tf.fill(sign.shape, NaN), logAbs);
  });
}

/** Determinants of matrices [..., n, n]. */
export function det(x: tf.Tensor): tf.Tensor {
  return scope(() => {
    const { sign, logAbs } = slogdet(x);
    return tf.mul(sign, tf.exp(logAbs));
  });
}

/**
 * The lower triangular L with L Lᵀ = A for symmetric positive definite A [..., n, n], of which the lower triangle is read.
 * The gradient is symmetric (Murray 2016, arXiv:1602.07527).
 *
 * @throws InvalidArgumentError when a matrix is not positive definite.
 */
export function cholesky(x: tf.Tensor): tf.Tensor {
  const n = squareSize('cholesky', x);
  return customOp(
    [x],
    (x) => {
      const value = eachMatrix(x!, [n, n], (a) => choleskyFactor(a, n));
      return { value, saved: [value] };
    },
    (dy, [x], saved) => {
      const l = saved?.[0] ?? cholesky(x!);
      const back = inverse(l);
      // the lower triangle with half of the diagonal
      const half = tf.sub(1, tf.mul(tf.eye(n), 0.5));
      const inner = tf.mul(tril(tf.matMul(l, tril(dy), true, false)), half);
      const s = tf.matMul(tf.matMul(back, inner, true, false), back);
      return tf.mul(tf.add(s, transposed(s)), 0.5);
    },
  );
}

/**
 * Eigenvalues, ascending, of symmetric matrices [..., n, n], of which the lower triangle is read: [..., n].
 *
 * @throws UnsupportedError when a gradient of the gradient is asked for.
 */
export function eigvalsh(x: tf.Tensor): tf.Tensor {
  const n = squareSize('eigvalsh', x);
  return customOp(
    [x],
    (x) => {
      const vectors = eachMatrix(x!, [n, n], (a) => symmetricEigen(a, n).vectors);
      return { value: eachMatrix(x!, [n], (a) => symmetricEigen(a, n).values), saved: [vectors] };
    },
    (dy, _, saved) => {
      const [vectors] = once('eigvalsh', saved);
      return tf.matMul(tf.mul(vectors!, tf.expandDims(dy, -2)), vectors!, false, true);
    },
  );
}

/**
 * Singular values, descending, of matrices [..., n, m]: [..., min(n, m)].
 *
 * @throws UnsupportedError when a gradient of the gradient is asked for.
 */
export function svdvals(x: tf.Tensor): tf.Tensor {
  check(x.rank >= 2, () => `svdvals takes matrices, got shape [${x.shape.join(', ')}]`);
  const [n, m] = x.shape.slice(-2) as [number, number];
  const r = Math.min(n, m);
  return customOp(
    [x],
    (x) => ({
      value: eachMatrix(x!, [r], (a) => singularValues(a, n, m).values),
      saved: [
        eachMatrix(x!, [n, r], (a) => singularValues(a, n, m).u),
        eachMatrix(x!, [m, r], (a) => singularValues(a, n, m).v),
      ],
    }),
    (dy, _, saved) => {
      const [u, v] = once('svdvals', saved);
      return tf.matMul(tf.mul(u!, tf.expandDims(dy, -2)), v!, false, true);
    },
  );
}

/**
 * Moore-Penrose inverses of matrices [..., n, m]: [..., m, n]. Differentiable where the rank does not change.
 *
 * @param options `rcond`: singular values of at most this share of the largest count as 0. Default the larger size times the epsilon of float32
 */
export function pinv(x: tf.Tensor, options: { readonly rcond?: number } = {}): tf.Tensor {
  check(x.rank >= 2, () => `pinv takes matrices, got shape [${x.shape.join(', ')}]`);
  const [n, m] = x.shape.slice(-2) as [number, number];
  const r = Math.min(n, m);
  const { rcond = Math.max(n, m) * 2 ** -23 } = options;
  return customOp(
    [x],
    (x) => {
      const value = eachMatrix(x!, [m, n], (a) => {
        const { u, values, v } = singularValues(a, n, m);
        const result = new Float64Array(m * n);
        for (let k = 0; k < r; k++) {
          if (values[k]! <= rcond * values[0]!) continue;
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) result[i * n + j]! += (v[i * r + k]! / values[k]!) * u[j * r + k]!;
        }
        return result;
      });
      return { value, saved: [value] };
    },
    (dy, [x], saved) =>
      scope(() => {
        const p = saved?.[0] ?? pinv(x!, options);
        const [back, dyBack] = [transposed(p), transposed(dy)];
        // what the inverse does not reach on either side (Golub and Pereyra 1973)
        const left = tf.sub(dyBack, tf.matMul(x!, tf.matMul(p, dyBack)));
        const right = tf.sub(dyBack, tf.matMul(tf.matMul(dyBack, p), x!));
        return tf.add(
          tf.sub(tf.matMul(left, tf.matMul(p, back)), tf.matMul(back, tf.matMul(dy, back))),
          tf.matMul(tf.matMul(back, p), right),
        );
      }),
  );
}

function once(name: string, saved: readonly tf.Tensor[] | null): readonly tf.Tensor[] {
  if (saved === null || twice()) throw new UnsupportedError(`${name} has no gradient of the gradient`);
  return saved;
}
