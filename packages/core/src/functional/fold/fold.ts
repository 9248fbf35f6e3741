import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { addBlocks, cutBlocks } from '../../kernels/unfold/gradient.js';
import type { BlockWindows } from '../../kernels/unfold/spec.js';
import { scope } from '../../memory.js';
import { perAxis, type PerAxis } from '../axes/options.js';

export interface UnfoldOptions {
  readonly kernelSize: PerAxis;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** Zeros on both sides; default 0. */
  readonly padding?: PerAxis;
  /** Default 1. */
  readonly dilation?: PerAxis;
}

/**
 * Cuts x [batch, height, width, channels] into its (overlapping) blocks.
 *
 * @returns [batch, blocks, channels * kh * kw]; blocks row by row, and within one all of the first channel before the second, as in torch,
 *   whose result is this with the last two axes exchanged
 */
export function unfold(x: tf.Tensor, options: UnfoldOptions): tf.Tensor {
  check(x.rank === 4, () => `unfold takes [batch, height, width, channels], got [${x.shape.join(', ')}]`);
  const [, height, width] = x.shape as [number, number, number, number];
  const [rows, columns] = windowsOf([height, width], options, 'unfold');
  return scope(() => cutBlocks(floats(x), { rows, columns }));
}

/**
 * The transpose of {@link unfold}: adds blocks up to a picture.
 *
 * @param x [batch, blocks, channels * kh * kw]
 * @param outputSize [height, width]
 * @returns [batch, height, width, channels]
 */
export function fold(x: tf.Tensor, outputSize: readonly [number, number], options: UnfoldOptions): tf.Tensor {
  check(x.rank === 3, () => `fold takes [batch, blocks, channels * kernel], got [${x.shape.join(', ')}]`);
  const [height, width] = outputSize;
  const [rows, columns] = windowsOf([height, width], options, 'fold');
  const [, count, features] = x.shape as [number, number, number];
  const size = rows.kernel * columns.kernel;
  check(
    count === rows.count * columns.count && features % size === 0,
    () =>
      `fold: ${height} x ${width} has ${rows.count * columns.count} blocks of ${size} elements a channel, got [${x.shape.join(', ')}]`,
  );
  return scope(() => addBlocks(floats(x), { rows, columns }));
}

const floats = (x: tf.Tensor): tf.Tensor => (x.dtype === 'float32' ? x : tf.cast(x, 'float32'));

function windowsOf(sizes: readonly number[], options: UnfoldOptions, name: string): [BlockWindows, BlockWindows] {
  const kernel = perAxis(options.kernelSize, 2, `${name}: kernelSize`, 1);
  const stride = perAxis(options.stride ?? 1, 2, `${name}: stride`, 1);
  const padding = perAxis(options.padding ?? 0, 2, `${name}: padding`, 0);
  const dilation = perAxis(options.dilation ?? 1, 2, `${name}: dilation`, 1);
  return sizes.map((size, axis) => {
    const room = size + 2 * padding[axis]! - dilation[axis]! * (kernel[axis]! - 1) - 1;
    check(room >= 0, () => `${name}: a kernel of ${kernel.join(' x ')} does not fit into ${sizes.join(' x ')}`);
    return {
      size,
      kernel: kernel[axis]!,
      stride: stride[axis]!,
      dilation: dilation[axis]!,
      count: Math.floor(room / stride[axis]!) + 1,
      before: padding[axis]!,
    };
  }) as [BlockWindows, BlockWindows];
}
