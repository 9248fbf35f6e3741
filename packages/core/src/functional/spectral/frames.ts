import * as tf from '@tensorflow/tfjs-core';
import { Frames, OverlapAdd } from '../../kernels/frames/spec.js';
import { customOp } from '../../gradients/custom-op.js';

/** Cuts x [B, T] into frames [B, F, length] that start every `hop` values; what is left over at the end is dropped. */
export function frames(x: tf.Tensor, length: number, hop: number): tf.Tensor {
  const [batch, size] = x.shape as [number, number];
  const count = 1 + Math.floor((size - length) / hop);
  if (Frames.isBrought && x.dtype === 'float32') return cut(x, count, length, hop);
  // a frame is `span` neighbouring blocks of `hop` values, the last one cut
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
  return span * hop === length ? all : tf.slice(all, [0, 0, 0], [batch, count, length]);
}

/** Adds frames [B, F, length] up, one every `hop` values: [B, (F - 1) hop + length]. The transpose of {@link frames}. */
export function overlapAdd(x: tf.Tensor, hop: number): tf.Tensor {
  const [batch, count, length] = x.shape as [number, number, number];
  if (OverlapAdd.isBrought && x.dtype === 'float32') return addUp(x, (count - 1) * hop + length, hop);
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
  const sum = tf.reshape(parts.length === 1 ? parts[0]! : tf.addN(parts), [batch, (count + span - 1) * hop]);
  return tf.slice(sum, [0, 0], [batch, (count - 1) * hop + length]);
}

function cut(x: tf.Tensor, count: number, length: number, hop: number): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: Frames.run({ x: input! }, { count, length, hop })![0]! }),
    (dy) => addUp(dy, x.shape[1]!, hop),
  );
}

function addUp(x: tf.Tensor, size: number, hop: number): tf.Tensor {
  return customOp(
    [x],
    (input) => ({ value: OverlapAdd.run({ x: input! }, { size, hop })![0]! }),
    (dy) => cut(dy, x.shape[1]!, x.shape[2]!, hop),
  );
}
