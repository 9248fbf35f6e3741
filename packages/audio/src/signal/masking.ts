import * as tf from '@tensorflow/tfjs-core';
import { check, defaultGenerator, scope, type Generator } from '@hourglass/core';

export interface MaskOptions {
  /** Masks are at most this share of the axis. Default 1. */
  readonly p?: number;
  /** Each example gets a mask of its own; default false. */
  readonly iid?: boolean;
  /** What takes the masked values' place. Default 0. */
  readonly value?: number;
  readonly generator?: Generator;
}

/** x [N, frames, frequencies] with a band of up to `maxLength` - 1 frequencies masked (Park et al. 2019, SpecAugment). */
export function frequencyMask(x: tf.Tensor, maxLength: number, options: MaskOptions = {}): tf.Tensor {
  return maskAxis('frequencyMask', x, 2, maxLength, options);
}

/** x [N, frames, frequencies] with up to `maxLength` - 1 frames masked. */
export function timeMask(x: tf.Tensor, maxLength: number, options: MaskOptions = {}): tf.Tensor {
  return maskAxis('timeMask', x, 1, maxLength, options);
}

function maskAxis(name: string, x: tf.Tensor, axis: 1 | 2, maxLength: number, options: MaskOptions): tf.Tensor {
  const { p = 1, iid = false, value = 0, generator = defaultGenerator() } = options;
  check(x.rank === 3, () => `${name}: x must be [N, frames, frequencies], got [${x.shape.join(', ')}]`);
  check(p >= 0 && p <= 1, `${name}: p must lie between 0 and 1, got ${p}`);
  const size = x.shape[axis]!;
  const most = p === 1 ? maxLength : Math.min(maxLength, Math.floor(size * p));
  if (most < 1) return tf.clone(x);
  const rows = iid ? x.shape[0]! : 1;
  const kept = new Float32Array(rows * size).fill(1);
  for (let row = 0; row < rows; row++) {
    const length = generator.uniform(0, most);
    const start = Math.floor(generator.uniform(0, 1) * Math.max(0, size - length));
    kept.fill(0, row * size + start, row * size + Math.min(size, start + Math.floor(length)));
  }
  return scope(() => {
    const mask = tf.tensor(kept, axis === 1 ? [rows, size, 1] : [rows, 1, size]);
    const masked = tf.mul(x, mask);
    return value === 0 ? masked : tf.add(masked, tf.mul(tf.sub(1, mask), value));
  });
}
