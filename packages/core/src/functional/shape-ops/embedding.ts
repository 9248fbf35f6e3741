import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { PlaceRows } from '../../kernels/place-rows/spec.js';
import { scope } from '../../memory.js';
import { constantOf } from '../axes/constant.js';
import { customOp } from '../../gradients/custom-op.js';

/**
 * Rows of a table.
 *
 * @param indices int32 of any shape, each in [0, rows); not checked
 * @param weight [rows, width]
 * @param options.paddingIdx this row gets no gradient; negative counts from the end
 * @returns [...indices' shape, width]
 */
export function embedding(
  indices: tf.Tensor,
  weight: tf.Tensor,
  options: { paddingIdx?: number | null } = {},
): tf.Tensor {
  check(weight.rank === 2, () => `embedding: the weight must be [rows, width], got [${weight.shape.join(', ')}]`);
  const [rows, width] = weight.shape as [number, number];
  const { paddingIdx = null } = options;
  check(
    paddingIdx === null || (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows),
    () => `embedding: paddingIdx must lie within ${rows} rows, got ${paddingIdx}`,
  );
  const frozen = paddingIdx === null ? null : (paddingIdx + rows) % rows;
  return scope(() => {
    const whole = indices.dtype === 'int32' ? indices : tf.cast(indices, 'int32');
    const flat = tf.reshape(whole, [indices.size]);
    return tf.reshape(lookUp(weight, flat, frozen), [...indices.shape, width]);
  });
}

/**
 * Scores of each row of a table: what an output layer gives whose weight is that of the embedding (Press and Wolf 2017,
 * arXiv:1608.05859).
 *
 * @param x [..., width]
 * @param weight [rows, width]
 * @returns [..., rows]
 */
export function unembed(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const [rows, width] = weight.shape as [number, number];
  check(
    weight.rank === 2 && x.shape.at(-1) === width,
    () => `unembed: [${x.shape.join(', ')}] does not fit a table of shape [${weight.shape.join(', ')}]`,
  );
  return scope(() => {
    const flat = tf.reshape(x, [x.size / width, width]);
    return tf.reshape(tf.matMul(flat, weight as tf.Tensor2D, false, true), [...x.shape.slice(0, -1), rows]);
  });
}

/** Rows `at` of a table; the one numbered `frozen` gets no gradient. */
function lookUp(weight: tf.Tensor, at: tf.Tensor, frozen: number | null): tf.Tensor {
  const [rows, inner] = weight.shape as [number, number];
  return customOp(
    [weight, at],
    (table, at) => ({ value: tf.gatherND(table!, tf.expandDims(at!, 1)) }),
    (dy, [, at]) => {
      const indices = frozen === null ? at! : without(at!, frozen);
      const attrs = { batch: 1, outer: 1, count: at!.size, rows, inner, shape: [rows, inner] };
      return [PlaceRows.run({ x: dy, indices }, attrs)[0]!, tf.zeros(at!.shape)];
    },
  );
}

/** Indices, -1 in place of `frozen`. */
function without(at: tf.Tensor, frozen: number): tf.Tensor {
  return tf.where(tf.equal(at, tf.scalar(frozen, 'int32')), tf.scalar(-1, 'int32'), at);
}

export interface EmbeddingBagOptions {
  /** int32 [bags]: where each bag begins in the flat indices. Left out, each row of 2-d indices is a bag. */
  readonly offsets?: tf.Tensor | null;
  /** Default 'mean'. An empty bag gives zeros. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** One factor for each index; for 'sum' only. */
  readonly perSampleWeights?: tf.Tensor | null;
  /** Indices of this row do not count. */
  readonly paddingIdx?: number | null;
}

/**
 * Sum, mean or maximum of the rows in each bag of indices.
 *
 * @param indices int32 [n] with offsets, or [bags, n]
 * @param weight [rows, width]
 * @returns [bags, width]
 */
export function embeddingBag(indices: tf.Tensor, weight: tf.Tensor, options: EmbeddingBagOptions = {}): tf.Tensor {
  const { mode = 'mean', offsets = null, perSampleWeights = null, paddingIdx = null } = options;
  check(
    offsets === null ? indices.rank === 2 : indices.rank === 1 && offsets.rank === 1,
    () => `embeddingBag takes [n] indices with [bags] offsets, or [bags, n] without, got [${indices.shape.join(', ')}]`,
  );
  check(
    perSampleWeights === null || mode === 'sum',
    () => `embeddingBag: perSampleWeights go with mode 'sum', not '${mode}'`,
  );
  return scope(() => {
    const flat = tf.cast(tf.reshape(indices, [indices.size]), 'int32');
    const rows = embedding(flat, weight, { paddingIdx });
    let members = membership(indices, offsets);
    if (paddingIdx !== null) {
      const at = tf.scalar((paddingIdx + weight.shape[0]!) % weight.shape[0]!, 'int32');
      members = tf.mul(members, tf.cast(tf.notEqual(flat, at), 'float32'));
    }
    if (mode === 'max') return largestOf(rows, members);
    const scaled =
      perSampleWeights === null ? rows : tf.mul(rows, tf.reshape(perSampleWeights, [perSampleWeights.size, 1]));
    const sums = tf.matMul(members, scaled);
    return mode === 'sum' ? sums : tf.div(sums, tf.maximum(tf.sum(members, 1, true), 1));
  });
}

/** [bags, n]: 1 where an index belongs to a bag. */
function membership(indices: tf.Tensor, offsets: tf.Tensor | null): tf.Tensor {
  const position = tf.range(0, indices.size, 1, 'int32');
  const bags = offsets === null ? indices.shape[0]! : offsets.size;
  const starts =
    offsets === null
      ? tf.mul(tf.range(0, bags, 1, 'int32'), tf.scalar(indices.shape[1]!, 'int32'))
      : tf.cast(offsets, 'int32');
  const stops = tf.concat([tf.slice(starts, [1], [bags - 1]), tf.tensor1d([indices.size], 'int32')]);
  const inside = tf.logicalAnd(
    tf.greaterEqual(position, tf.expandDims(starts, 1)),
    tf.less(position, tf.expandDims(stops, 1)),
  );
  return tf.cast(inside, 'float32');
}

/** Maximum over each bag's rows [n, width]; the gradient goes to the first of equal ones. */
function largestOf(rows: tf.Tensor, members: tf.Tensor): tf.Tensor {
  const chosen = constantOf([rows], (values) => {
    const inBag = tf.expandDims(members, 2);
    const candidates = tf.where(tf.cast(inBag, 'bool'), tf.expandDims(values, 0), tf.fill([1, 1, 1], -Infinity));
    const first = tf.oneHot(tf.argMax(candidates, 1) as tf.Tensor1D, rows.shape[0]!);
    return tf.mul(tf.transpose(tf.cast(first, 'float32'), [0, 2, 1]), inBag);
  });
  return tf.sum(tf.mul(chosen, tf.expandDims(rows, 0)), 1);
}

/** int32 [..., classes]: 1 at the index, 0 elsewhere. */
export function oneHot(indices: tf.Tensor, classes: number): tf.Tensor {
  checkCount('oneHot: classes', classes);
  return scope(() => tf.oneHot(tf.cast(indices, 'int32') as tf.Tensor1D, classes, 1, 0, 'int32'));
}
