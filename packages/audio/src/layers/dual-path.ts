import * as tf from '@tensorflow/tfjs-core';
import { functional, scope } from '@hourglass/core';

/** How a sequence is cut into chunks. */
export interface Chunking {
  readonly chunkSize: number;
  readonly hopSize: number;
}

/** Chunks of 100 that overlap by half, where a configuration does not say otherwise. */
export function chunkingOf({
  chunkSize = 100,
  hopSize,
}: {
  readonly chunkSize?: number;
  readonly hopSize?: number | null;
}): Chunking {
  return { chunkSize, hopSize: hopSize ?? Math.floor(chunkSize / 2) };
}

/**
 * Cuts a sequence into chunks that overlap, with a chunk of zeros before and after it (Luo et al. 2020, arXiv:1910.06379).
 *
 * @param x [N, frames, channels]
 * @returns [N, chunks, chunkSize, channels]
 */
export function cutChunks(x: tf.Tensor, { chunkSize, hopSize }: Chunking): tf.Tensor {
  const [batch, length, channels] = x.shape as [number, number, number];
  return scope(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [chunkSize, chunkSize],
      [0, 0],
    ]);
    const rows = tf.reshape(padded, [batch, (length + 2 * chunkSize) * channels]);
    const chunks = functional.frames(rows, chunkSize * channels, hopSize * channels);
    return tf.reshape(chunks, [batch, -1, chunkSize, channels]);
  });
}

/**
 * The transpose of {@link cutChunks}: adds chunks up.
 *
 * @param x [N, chunks, chunkSize, channels]
 * @returns [N, frames, channels]
 */
export function addChunks(x: tf.Tensor, frames: number, { chunkSize, hopSize }: Chunking): tf.Tensor {
  const [batch, chunks, , channels] = x.shape as [number, number, number, number];
  return scope(() => {
    const rows = functional.overlapAdd(tf.reshape(x, [batch, chunks, chunkSize * channels]), hopSize * channels);
    const covered = (chunks - 1) * hopSize + chunkSize;
    const sequence = tf.reshape(rows, [batch, covered, channels]);
    const missing = Math.max(0, chunkSize + frames - covered);
    const whole =
      missing === 0
        ? sequence
        : tf.pad(sequence, [
            [0, 0],
            [0, missing],
            [0, 0],
          ]);
    return tf.slice(whole, [0, chunkSize, 0], [-1, frames, -1]);
  });
}

/** Exchanges the axes of chunks and of places in a chunk: [N, chunks, chunkSize, channels] to [N, chunkSize, chunks, channels]. */
export function acrossChunks(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 2, 1, 3]);
}
