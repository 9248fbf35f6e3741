import * as tf from '@tensorflow/tfjs-core';

/** How an utterance is cut into segments, and what each of them sees. */
export interface Segmentation {
  readonly segmentLength: number;
  readonly leftContextLength: number;
  readonly rightContextLength: number;
  /** Memory elements seen, each the summary of an earlier segment; 0: none are made. */
  readonly maxMemorySize: number;
}

export function segmentCount({ segmentLength }: Segmentation, frames: number): number {
  return Math.ceil(frames / segmentLength);
}

/**
 * For each segment the places of the frames to its right, one segment after the other: copies of them stand before the utterance, so
 * that what a segment sees ahead has not itself seen farther. The last segment's are the padding at the end.
 *
 * @param frames of the utterance, without the right context behind it
 */
export function rightContextIndex(segmentation: Segmentation, frames: number): tf.Tensor1D {
  const { segmentLength, rightContextLength } = segmentation;
  const count = segmentCount(segmentation, frames);
  const index = Array.from({ length: count * rightContextLength }, (_, i) => {
    const segment = Math.floor(i / rightContextLength);
    const start = segment === count - 1 ? frames : (segment + 1) * segmentLength;
    return start + (i % rightContextLength);
  });
  return tf.tensor1d(index, 'int32');
}

/**
 * float32 [segments, frames]: with it a product gives the mean of each segment; the last may be short.
 */
export function segmentMeans({ segmentLength }: Pick<Segmentation, 'segmentLength'>, frames: number): tf.Tensor2D {
  const count = Math.ceil(frames / segmentLength);
  const values = new Float32Array(count * frames);
  for (let s = 0; s < count; s++) {
    const [start, end] = [s * segmentLength, Math.min((s + 1) * segmentLength, frames)];
    values.fill(1 / (end - start), s * frames + start, s * frames + end);
  }
  return tf.tensor2d(values, [count, frames]);
}

/**
 * What sees what in a whole utterance, bool [queries, keys], true where it does not. Queries are the right contexts, the utterance and a
 * summary a segment; keys the memory (all summaries but the last), the right contexts and the utterance. A segment and its right context see
 * the segments' summaries before it, their own right context, and the utterance from the left context to the segment's end; a
 * summary sees the same but no memory.
 */
export function attentionMask(segmentation: Segmentation, frames: number): tf.Tensor2D {
  const { segmentLength, leftContextLength, rightContextLength: right, maxMemorySize } = segmentation;
  const count = segmentCount(segmentation, frames);
  const memory = maxMemorySize > 0 ? Math.max(count - 1, 0) : 0;
  const summaries = maxMemorySize > 0 ? count : 0;
  const keys = memory + count * right + frames;
  const rows = count * right + frames + summaries;
  const hidden = new Uint8Array(rows * keys).fill(1);
  for (let s = 0; s < count; s++) {
    const [start, end] = [s * segmentLength, Math.min((s + 1) * segmentLength, frames)];
    const see = (row: number, withMemory: boolean): void => {
      const show = (from: number, to: number): void => void hidden.fill(0, row * keys + from, row * keys + to);
      if (withMemory) show(Math.max(s - maxMemorySize, 0), s);
      show(memory + s * right, memory + (s + 1) * right);
      const utterance = memory + count * right;
      show(utterance + Math.max(start - leftContextLength, 0), utterance + end);
    };
    for (let i = 0; i < right; i++) see(s * right + i, memory > 0);
    for (let t = start; t < end; t++) see(count * right + t, memory > 0);
    if (summaries > 0) see(count * right + frames + s, false);
  }
  return tf.tensor2d(hidden, [rows, keys], 'bool');
}

/**
 * bool [N, keys]: true for the last keys of the shorter utterances. As in the reference, padding is what lies between an utterance's length and
 * the longest one's; null where all are equally long.
 */
export function keyPadding(lengths: readonly number[], keys: number): tf.Tensor2D | null {
  const longest = Math.max(...lengths);
  if (lengths.every((length) => length === longest)) return null;
  const values = new Uint8Array(lengths.length * keys);
  lengths.forEach((length, n) =>
    values.fill(1, Math.max((n + 1) * keys - (longest - length), n * keys), (n + 1) * keys),
  );
  return tf.tensor2d(values, [lengths.length, keys], 'bool');
}
