import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { take } from '../axes/slices.js';

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** How many elements are added [before, after] each spatial axis, first axis first; negative ones are taken away. */
export type Pads = ReadonlyArray<readonly [number, number]>;

export interface PadOptions {
  /** Default 'constant'. */
  readonly mode?: PadMode;
  /** What 'constant' adds; default 0. */
  readonly value?: number;
}

/**
 * Pads the spatial axes of x [batch, …spatial, channels].
 *
 * @param pads one number for all sides, or [before, after] for each spatial axis: [[top, bottom], [left, right]]
 * @throws InvalidArgumentError when 'reflect' reaches to the axis's size or 'circular' over it
 */
export function pad(x: tf.Tensor, pads: number | Pads, options: PadOptions = {}): tf.Tensor {
  const { mode = 'constant', value = 0 } = options;
  const spatial = x.rank - 2;
  const pairs = typeof pads === 'number' ? Array.from({ length: spatial }, () => [pads, pads] as const) : pads;
  check(
    spatial > 0 && pairs.length === spatial && pairs.flat().every((n) => Number.isInteger(n)),
    () =>
      `pad takes [batch, …spatial, channels] and whole numbers [before, after] for each spatial axis; got shape [${x.shape.join(', ')}] and ${JSON.stringify(pads)}`,
  );
  pairs.forEach(([before, after], axis) => checkAxis(mode, x.shape[axis + 1]!, before, after));
  return scope(() => {
    if (mode === 'constant') return padConstant(x, pairs, value);
    return pairs.reduce(
      (y, [before, after], axis) => take(y, axis + 1, sources(mode, x.shape[axis + 1]!, before, after)),
      tf.clone(x),
    );
  });
}

function checkAxis(mode: PadMode, size: number, before: number, after: number): void {
  const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : Infinity;
  check(
    before <= most && after <= most,
    () => `pad: mode '${mode}' can add at most ${most} elements to an axis of ${size}, got ${before} and ${after}`,
  );
  check(size + before + after > 0, () => `pad: ${before} and ${after} leave nothing of an axis of ${size} elements`);
}

function padConstant(x: tf.Tensor, pairs: Pads, value: number): tf.Tensor {
  const all: Pads = [[0, 0], ...pairs, [0, 0]];
  const cut = all.map(([before, after]) => [Math.max(-before, 0), Math.max(-after, 0)] as const);
  const grown = all.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  const kept = cut.flat().some((n) => n > 0)
    ? tf.slice(
        x,
        cut.map(([before]) => before),
        x.shape.map((size, axis) => size - cut[axis]![0] - cut[axis]![1]),
      )
    : x;
  return tf.pad(kept, grown, value);
}

/** Which input element each element of the padded axis repeats. */
function sources(mode: Exclude<PadMode, 'constant'>, size: number, before: number, after: number): number[] {
  const last = size - 1;
  return Array.from({ length: size + before + after }, (_, i) => {
    const at = i - before;
    if (mode === 'replicate') return Math.min(Math.max(at, 0), last);
    if (mode === 'circular') return (at + size) % size;
    return at < 0 ? -at : at > last ? 2 * last - at : at;
  });
}
