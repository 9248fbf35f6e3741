import * as tf from '@tensorflow/tfjs-core';
import type { EdgeIndex } from '../../edges/index.js';

/** What attention layers return besides their value when asked. */
export interface Attention {
  /** float32 [nodes, channels] */
  readonly value: tf.Tensor;
  /** The edges that the coefficients belong to, self loops last. They live as long as the edges they were made of. */
  readonly edges: EdgeIndex;
  /** float32 [edges, heads]: coefficients, before dropout 1 in sum over the edges that lead to a node. */
  readonly attention: tf.Tensor;
}

/** [rows, heads * channels] to [rows, heads, channels]. */
export function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  return tf.reshape(x, [x.shape[0]!, heads, x.shape[1]! / heads]);
}

/** [rows, heads, channels] to [rows, heads * channels], or to the heads' mean. */
export function joinHeads(x: tf.Tensor, concat: boolean): tf.Tensor {
  const [rows, heads, channels] = x.shape as [number, number, number];
  return concat ? tf.reshape(x, [rows, heads * channels]) : tf.mean(x, 1);
}
