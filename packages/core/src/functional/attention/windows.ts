import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { roll } from '../linear-algebra/rearrange.js';

type Pair = number | readonly [number, number];
const pair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);

/**
 * Cuts x [N, H, W, C] into windows [N * windows, h, w, C] in rows, after rolling it up and left by `shift`
 * (Swin, Liu et al. 2021, arXiv:2103.14030).
 *
 * @throws InvalidArgumentError when the size is not a multiple of the window's; pad first.
 */
export function windowPartition(x: tf.Tensor, window: Pair, shift: Pair = 0): tf.Tensor {
  const [h, w] = pair(window);
  const [down, right] = pair(shift);
  const [n, height, width, c] = x.shape as [number, number, number, number];
  check(
    x.rank === 4 && height % h === 0 && width % w === 0,
    () => `windowPartition: shape [${x.shape.join(', ')}] does not divide into windows of ${h} by ${w}`,
  );
  return scope(() => {
    const moved = down === 0 && right === 0 ? x : roll(x, [-down, -right], [1, 2]);
    // columns of windows together with rows inside: [n, H/h, h, W/w, w c]
    const cut = tf.reshape(moved, [n, height / h, h, width / w, w * c]);
    return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4]), [-1, h, w, c]);
  });
}

/** Undoes {@link windowPartition}: windows [N * windows, h, w, C] to [N, H, W, C], for the size [H, W]. */
export function windowReverse(windows: tf.Tensor, size: readonly [number, number], shift: Pair = 0): tf.Tensor {
  const [count, h, w, c] = windows.shape as [number, number, number, number];
  const [height, width] = size;
  const [down, right] = pair(shift);
  const each = (height / h) * (width / w);
  check(
    windows.rank === 4 && Number.isInteger(height / h) && Number.isInteger(width / w) && count % each === 0,
    () => `windowReverse: windows [${windows.shape.join(', ')}] do not tile ${height} by ${width}`,
  );
  return scope(() => {
    const cut = tf.reshape(windows, [count / each, height / h, width / w, h, w * c]);
    const x = tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4]), [count / each, height, width, c]);
    return down === 0 && right === 0 ? x : roll(x, [down, right], [1, 2]);
  });
}

/**
 * Additive mask [windows, h w, h w] that keeps apart positions which only the roll has brought into one window: 0, or
 * `masked` (default -100, as in the reference implementation).
 */
export function shiftedWindowMask(
  size: readonly [number, number],
  window: Pair,
  shift: Pair,
  masked = -100,
): tf.Tensor3D {
  const [height, width] = size;
  const [h, w] = pair(window);
  const [down, right] = pair(shift);
  const region = (at: number, length: number, window: number, shift: number): number =>
    shift === 0 || at < length - window ? 0 : at < length - shift ? 1 : 2;
  const area = h * w;
  const count = (height / h) * (width / w);
  const values = new Float32Array(count * area * area);
  for (let i = 0; i < count; i++) {
    const [top, left] = [Math.floor(i / (width / w)) * h, (i % (width / w)) * w];
    const labels = Array.from(
      { length: area },
      (_, at) => 3 * region(top + Math.floor(at / w), height, h, down) + region(left + (at % w), width, w, right),
    );
    for (let a = 0; a < area; a++)
      for (let b = 0; b < area; b++) if (labels[a] !== labels[b]) values[(i * area + a) * area + b] = masked;
  }
  return tf.tensor3d(values, [count, area, area]);
}
