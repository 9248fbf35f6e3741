import * as tf from '@tensorflow/tfjs-core';
import { permute } from '../../functional/axes/permute.js';
import { asRows, crop, placeTaps, span, taps } from '../../functional/axes/windows.js';
import type { BlockWindows, FoldInputs, UnfoldAttrs } from './spec.js';

export function unfold({ x }: FoldInputs, { rows, columns }: UnfoldAttrs): tf.Tensor[] {
  const [batch, , width, channels] = x.shape as [number, number, number, number];
  const blocks = slide(x, 1, rows).flatMap((row) =>
    slide(tf.reshape(row, [batch, rows.count, width, channels]), 2, columns),
  );
  const count = rows.count * columns.count;
  const stacked = tf.concat(
    blocks.map((block) => tf.reshape(block, [batch * count, channels])),
    1,
  );
  return [
    permute(stacked, [batch * count, blocks.length, channels], [0, 2, 1], [batch, count, channels * blocks.length]),
  ];
}

function slide(x: tf.Tensor, axis: number, windows: BlockWindows): tf.Tensor[] {
  return taps(crop(asRows(x, axis), -windows.before, span(windows)), windows);
}

export function fold({ x }: FoldInputs, { rows, columns }: UnfoldAttrs): tf.Tensor[] {
  const [batch, count, features] = x.shape as [number, number, number];
  const size = rows.kernel * columns.kernel;
  const channels = features / size;
  const [height, width] = [rows.size, columns.size];
  const stacked = permute(x, [batch * count, channels, size], [0, 2, 1], [batch * count, size * channels]);
  const blocks: tf.Tensor[] = tf.split(stacked, size, 1);
  const strips = Array.from({ length: rows.kernel }, (_, i) => {
    const row = blocks
      .slice(i * columns.kernel, (i + 1) * columns.kernel)
      .map((block): tf.Tensor3D => tf.reshape(block, [batch * rows.count, columns.count, channels]));
    const strip = crop(placeTaps(row, columns, span(columns)), columns.before, width);
    return tf.reshape(strip, [batch, rows.count, width * channels]) as tf.Tensor3D;
  });
  const picture = crop(placeTaps(strips, rows, span(rows)), rows.before, height);
  return [tf.reshape(picture, [batch, height, width, channels])];
}
