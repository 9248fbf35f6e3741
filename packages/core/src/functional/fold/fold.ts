import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { Fold, Unfold, type UnfoldAttrs } from '../../kernels/unfold/spec.js';
import { scope } from '../../memory.js';
import { perAxis, type PerAxis } from '../axes/options.js';
import { permute } from '../axes/permute.js';
import { customOp } from '../../gradients/custom-op.js';
import { asRows, crop, placeTaps, span, taps, type Windows } from '../axes/windows.js';

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
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = windowsOf([height, width], options, 'unfold');
  if (Unfold.isBrought && x.dtype === 'float32') return unfolded(x, { rows, columns });
  return scope(() => {
    const blocks = slide(x, 1, rows).flatMap((row) =>
      slide(tf.reshape(row, [batch, rows.count, width, channels]), 2, columns),
    );
    const stacked = tf.concat(
      blocks.map((block) => tf.reshape(block, [batch * rows.count * columns.count, channels])),
      1,
    );
    const count = rows.count * columns.count;
    return permute(
      stacked,
      [batch * count, blocks.length, channels],
      [0, 2, 1],
      [batch, count, channels * blocks.length],
    );
  });
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
  const [batch, count, features] = x.shape as [number, number, number];
  const size = rows.kernel * columns.kernel;
  check(
    count === rows.count * columns.count && features % size === 0,
    () =>
      `fold: ${height} x ${width} has ${rows.count * columns.count} blocks of ${size} elements a channel, got [${x.shape.join(', ')}]`,
  );
  const channels = features / size;
  if (Fold.isBrought && x.dtype === 'float32') return folded(x, { rows, columns });
  return scope(() => {
    const stacked = permute(x, [batch * count, channels, size], [0, 2, 1], [batch * count, size * channels]);
    const blocks: tf.Tensor[] = tf.split(stacked, size, 1);
    const strips = Array.from({ length: rows.kernel }, (_, i) => {
      const row = blocks
        .slice(i * columns.kernel, (i + 1) * columns.kernel)
        .map((block): tf.Tensor3D => tf.reshape(block, [batch * rows.count, columns.count, channels]));
      const strip = crop(placeTaps(row, columns, span(columns)), columns.before, width);
      return tf.reshape(strip, [batch, rows.count, width * channels]) as tf.Tensor3D;
    });
    return tf.reshape(crop(placeTaps(strips, rows, span(rows)), rows.before, height), [batch, height, width, channels]);
  });
}

/** By the kernels of our own, each the other's transpose. */
function unfolded(x: tf.Tensor, attrs: UnfoldAttrs): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: Unfold.run({ x: input! }, attrs)![0]! }),
    (dy) => folded(dy, attrs),
  );
}

function folded(x: tf.Tensor, attrs: UnfoldAttrs): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: Fold.run({ x: input! }, attrs)![0]! }),
    (dy) => unfolded(dy, attrs),
  );
}

type PaddedWindows = Windows & { readonly size: number; readonly before: number };

function windowsOf(sizes: readonly number[], options: UnfoldOptions, name: string): [PaddedWindows, PaddedWindows] {
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
  }) as [PaddedWindows, PaddedWindows];
}

function slide(x: tf.Tensor, axis: number, windows: PaddedWindows): tf.Tensor[] {
  return taps(crop(asRows(x, axis), -windows.before, span(windows)), windows);
}
