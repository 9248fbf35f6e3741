import { functional as F, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { padEnds } from '../../layers/index.js';
import { cutTo } from './codec-model.js';

/** How a long signal is cut into overlapping chunks, in samples. */
export interface ChunkSizes {
  readonly length: number;
  /** From the beginning of one to that of the next. */
  readonly stride: number;
}

/** Samples [from, to) of each chunk of a signal. */
export function chunkRanges(length: number, sizes: ChunkSizes | null): Array<readonly [number, number]> {
  if (sizes === null) return [[0, length]];
  return Array.from({ length: Math.ceil(length / sizes.stride) }, (_, i) => {
    const from = i * sizes.stride;
    return [from, Math.min(length, from + sizes.length)] as const;
  });
}

/** The weights of a chunk's samples where it overlaps others: they fall to both ends of it in straight lines. */
export function overlapWeights(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 0.5 - Math.abs((i + 1) / (length + 1) - 0.5));
}

/**
 * Chunks [N, time, channels] added up where they overlap, with {@link overlapWeights} that sum to 1 for each sample. The first is the
 * longest.
 */
export function linearOverlapAdd(chunks: readonly tf.Tensor[], stride: number): tf.Tensor {
  const [first] = chunks;
  if (chunks.length === 1) return tf.clone(first!);
  return scope(() => {
    const [n, length, channels] = first!.shape as [number, number, number];
    const weight = overlapWeights(length);
    const ends = chunks.map((chunk, i) => i * stride + chunk.shape[1]!);
    const sums = new Float32Array((chunks.length - 1) * stride + length);
    chunks.forEach((chunk, i) => {
      for (let at = 0; at < chunk.shape[1]!; at++) sums[i * stride + at]! += weight[at]!;
    });
    const inverse = sums.map((sum) => (sum > 0 ? 1 / sum : 0));
    const weights = tf.tensor(weight, [1, length, 1]);
    const weighted = chunks.map((chunk) => tf.mul(padEnds(chunk, 0, length - chunk.shape[1]!, 'constant'), weights));
    // [N · channels, chunks, length]
    const rows = tf.reshape(tf.transpose(tf.stack(weighted, 1), [0, 3, 1, 2]), [n * channels, chunks.length, length]);
    const added = tf.mul(F.overlapAdd(rows, stride), tf.tensor(inverse, [1, inverse.length]));
    const joined = tf.transpose(tf.reshape(added, [n, channels, inverse.length]), [0, 2, 1]);
    return cutTo(joined, Math.max(...ends));
  });
}
