import * as tf from '@tensorflow/tfjs-core';
import type { FramesAttrs, FramesInputs, OverlapAddAttrs } from './spec.js';

// a frame is `span` neighbouring blocks of `hop` values, the last one cut

export function frames({ x }: FramesInputs, { count, length, hop }: FramesAttrs): tf.Tensor[] {
  const [batch, size] = x.shape as [number, number];
  const span = Math.ceil(length / hop);
  const wanted = (count + span - 1) * hop;
  const kept = tf.slice(x, [0, 0], [batch, Math.min(size, wanted)]);
  const whole =
    wanted > size
      ? tf.pad(kept, [
          [0, 0],
          [0, wanted - size],
        ])
      : kept;
  const blocks = tf.reshape(whole, [batch, count + span - 1, hop]);
  const parts = Array.from({ length: span }, (_, i) => tf.slice(blocks, [0, i, 0], [batch, count, hop]));
  const all = span === 1 ? parts[0]! : tf.concat(parts, 2);
  return [span * hop === length ? all : tf.slice(all, [0, 0, 0], [batch, count, length])];
}

export function overlapAdd({ x }: FramesInputs, { size, hop }: OverlapAddAttrs): tf.Tensor[] {
  const [batch, count, length] = x.shape as [number, number, number];
  const span = Math.ceil(length / hop);
  const whole = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, span * hop - length],
  ]);
  const parts = Array.from({ length: span }, (_, i) =>
    tf.pad(tf.slice(whole, [0, 0, i * hop], [batch, count, hop]), [
      [0, 0],
      [i, span - 1 - i],
      [0, 0],
    ]),
  );
  const covered = (count + span - 1) * hop;
  const sum = tf.reshape(parts.length === 1 ? parts[0]! : tf.addN(parts), [batch, covered]);
  if (covered >= size) return [tf.slice(sum, [0, 0], [batch, size])];
  return [
    tf.pad(sum, [
      [0, 0],
      [0, size - covered],
    ]),
  ];
}
