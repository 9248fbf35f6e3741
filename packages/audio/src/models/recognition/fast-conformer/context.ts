import { check } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * How far attention sees, in encoded frames. Frames come in chunks of `right` + 1: each sees its own chunk and as many whole chunks before it
 * as `left` holds, so that layers above do not see farther ahead. -1: without limit; `right` of -1 is one chunk of everything.
 */
export interface AttentionContext {
  readonly left: number;
  readonly right: number;
}

/** @throws InvalidArgumentError for contexts that make no sense */
export function checkContext({ left, right }: AttentionContext): void {
  check(
    [left, right].every((frames) => Number.isInteger(frames) && frames >= -1),
    `an attention context of ${left} frames to the left and ${right} to the right: whole numbers, or -1 for all`,
  );
  check(right >= 0 || left === -1, `an attention context without limit to the right has none to the left, got ${left}`);
}

/** Frames that are encoded together. */
export function chunkLength({ right }: AttentionContext): number {
  return right < 0 ? Infinity : right + 1;
}

/** Frames before a chunk that it sees. */
export function cacheLength(context: AttentionContext): number {
  const chunk = chunkLength(context);
  return context.left < 0 ? Infinity : Math.floor(context.left / chunk) * chunk;
}

/**
 * What is added to attention scores, float32 [N or 1, 1, T, T]: 0 where a frame is seen, minus infinity where not. Frames of padding are seen by
 * none, but padding sees itself, which keeps it finite. Null where all is seen.
 */
export function contextMask(
  context: AttentionContext,
  frames: number,
  lengths: readonly number[] | null,
): tf.Tensor | null {
  const [chunk, cache] = [chunkLength(context), cacheLength(context)];
  const limited = chunk < frames || cache < frames;
  const padded = lengths?.some((length) => length < frames) === true ? lengths : null;
  if (!limited && padded === null) return null;
  const rows = padded ?? [frames];
  const values = new Float32Array(rows.length * frames * frames).fill(-Infinity);
  rows.forEach((length, n) => {
    for (let i = 0; i < frames; i++) {
      const row = (n * frames + i) * frames;
      const start = chunk === Infinity ? 0 : Math.floor(i / chunk) * chunk;
      const from = Math.max(0, start - cache);
      const to = Math.min(start + chunk, length);
      if (from < to) values.fill(0, row + from, row + to);
      values[row + i] = 0;
    }
  });
  return tf.tensor4d(values, [rows.length, 1, frames, frames]);
}
