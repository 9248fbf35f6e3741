import { check, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** What is put before and behind a signal: zeros, the signal mirrored, or its first and last value. */
export const endModes = ['constant', 'reflect', 'replicate'] as const;
export type EndMode = (typeof endModes)[number];

/** @throws InvalidArgumentError for a mode that does not exist */
export function checkEndMode(mode: string, where: string): asserts mode is EndMode {
  check(
    (endModes as readonly string[]).includes(mode),
    () => `${where}: there is no padding mode '${mode}'; there are ${endModes.join(', ')}`,
  );
}

/**
 * x [N, time, channels] with so many steps more before and behind. A signal that is too short to be mirrored counts as followed by as many
 * zeros as are missing, which are mirrored too, as in EnCodec's code.
 */
export function padEnds(x: tf.Tensor, before: number, behind: number, mode: EndMode): tf.Tensor {
  if (before === 0 && behind === 0) return tf.clone(x);
  return scope(() => {
    const [n, length, channels] = x.shape as [number, number, number];
    const zeros = (signal: tf.Tensor, a: number, b: number): tf.Tensor =>
      tf.pad(signal, [
        [0, 0],
        [a, b],
        [0, 0],
      ]);
    if (mode === 'constant') return zeros(x, before, behind);
    const part = (signal: tf.Tensor, from: number, size: number): tf.Tensor =>
      tf.slice(signal, [0, from, 0], [n, size, channels]);
    const repeated = (from: number, times: number): tf.Tensor => tf.tile(part(x, from, 1), [1, times, 1]);
    const parts: tf.Tensor[] = [];
    if (mode === 'replicate') {
      if (before > 0) parts.push(repeated(0, before));
      parts.push(x);
      if (behind > 0) parts.push(repeated(length - 1, behind));
      return tf.concat(parts, 1);
    }
    const most = Math.max(before, behind);
    const missing = length <= most ? most - length + 1 : 0;
    const signal = missing > 0 ? zeros(x, 0, missing) : x;
    if (before > 0) parts.push(tf.reverse(part(signal, 1, before), 1));
    parts.push(signal);
    if (behind > 0) parts.push(tf.reverse(part(signal, length + missing - 1 - behind, behind), 1));
    const padded = tf.concat(parts, 1);
    return missing > 0 ? part(padded, 0, padded.shape[1]! - missing) : padded;
  });
}
