import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { scope } from '../memory.js';
import { crossEntropy } from './cross-entropy.js';
import { checkSameShape, type ReductionOptions } from './reduction.js';

export interface InfoNceOptions extends ReductionOptions {
  /** Divides the cosines. Default 0.1. */
  readonly temperature?: number;
  /** Average the losses of finding b from a and a from b, as CLIP does. Default true; false is from a to b alone. */
  readonly symmetric?: boolean;
}

/**
 * InfoNCE (van den Oord et al. 2018) on cosines: row i of `a` must find row i of `b` among all rows of `b`.
 * @param a,b float32 [N, D].
 */
export function infoNce(a: tf.Tensor, b: tf.Tensor, options: InfoNceOptions = {}): tf.Tensor {
  const { temperature = 0.1, symmetric = true, reduction } = options;
  checkEmbeddings('infoNce', a, b, temperature);
  return scope(() => {
    const [from, to] = [normalise(a), normalise(b)];
    const own = tf.range(0, a.shape[0]!, 1, 'int32');
    const find = (x: tf.Tensor, y: tf.Tensor): tf.Tensor =>
      crossEntropy(cosines(x, y, temperature), own, reduction === undefined ? {} : { reduction });
    return symmetric ? tf.mul(0.5, tf.add(find(from, to), find(to, from))) : find(from, to);
  });
}

/**
 * NT-Xent of SimCLR (Chen et al. 2020): each of the 2N views must find its other view among all but itself.
 * @param a,b float32 [N, D], two views of the same N things.
 * @returns a scalar, or [2N] (a's, then b's) with reduction 'none'.
 */
export function ntXent(
  a: tf.Tensor,
  b: tf.Tensor,
  options: ReductionOptions & { readonly temperature?: number } = {},
): tf.Tensor {
  const { temperature = 0.5, reduction } = options;
  checkEmbeddings('ntXent', a, b, temperature);
  const n = a.shape[0]!;
  return scope(() => {
    const views = normalise(tf.concat([a, b], 0));
    // far below every cosine / temperature, yet finite, so that no 0 · ∞ arises
    const self = tf.mul(tf.eye(2 * n), -1e9);
    const other = tf.concat([tf.range(n, 2 * n, 1, 'int32'), tf.range(0, n, 1, 'int32')]);
    const logits = tf.add(cosines(views, views, temperature), self);
    return crossEntropy(logits, other, reduction === undefined ? {} : { reduction });
  });
}

function cosines(a: tf.Tensor, b: tf.Tensor, temperature: number): tf.Tensor {
  return tf.div(tf.matMul(a, b, false, true), temperature);
}

/** Rows of length 1; rows shorter than 1e-12 are divided by that, as torch's `normalize`. */
function normalise(x: tf.Tensor): tf.Tensor {
  const lengths = tf.sqrt(tf.clipByValue(tf.sum(tf.square(x), -1, true), 1e-24, Infinity));
  return tf.div(x, lengths);
}

function checkEmbeddings(name: string, a: tf.Tensor, b: tf.Tensor, temperature: number): void {
  checkSameShape(name, a, b);
  check(a.rank === 2, () => `${name}: embeddings need shape [N, D], got [${a.shape.join(', ')}]`);
  check(temperature > 0, `${name}: temperature must be positive, got ${temperature}`);
}
