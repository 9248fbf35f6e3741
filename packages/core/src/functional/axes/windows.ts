import * as tf from '@tensorflow/tfjs-core';
import { product } from './permute.js';

/** Where the windows along one axis begin and how far their elements lie apart, counted on the padded axis. */
export interface Windows {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** How many windows. */
  readonly count: number;
}

/** Length of axis that the windows span, from the first element of the first to the last of the last. */
export function span({ kernel, stride, dilation, count }: Windows): number {
  return (count - 1) * stride + (kernel - 1) * dilation + 1;
}

/** Views x as [outer, axis, inner]. */
export function asRows(x: tf.Tensor, axis: number): tf.Tensor3D {
  return tf.reshape(x, [product(x.shape.slice(0, axis)), x.shape[axis]!, product(x.shape.slice(axis + 1))]);
}

/** x[:, from : from + length] of [outer, axis, inner], with `value` where that lies outside. */
export function crop(x: tf.Tensor3D, from: number, length: number, value = 0): tf.Tensor3D {
  const [outer, size, inner] = x.shape;
  const before = Math.min(Math.max(-from, 0), length);
  const start = Math.min(Math.max(from, 0), size);
  const kept = Math.max(Math.min(from + length, size) - start, 0);
  const after = length - before - kept;
  if (kept === 0) return tf.fill([outer, length, inner], value);
  const inside = kept === size ? x : tf.slice(x, [0, start, 0], [outer, kept, inner]);
  if (before === 0 && after === 0) return inside;
  return tf.pad(inside, [[0, 0], [before, after], [0, 0]], value); // prettier-ignore
}

/**
 * The elements of all windows along the middle axis of x [outer, axis, inner], tap by tap: tap t is
 * x[:, t * dilation + stride * i] for window i, of shape [outer, count, inner]. x must reach to the windows' span.
 */
export function taps(x: tf.Tensor3D, windows: Windows): tf.Tensor3D[] {
  const { kernel, stride, dilation, count } = windows;
  const [outer, , inner] = x.shape;
  const offsets = Array.from({ length: kernel }, (_, t) => t * dilation);
  if (stride === 1) return offsets.map((at) => crop(x, at, count));
  // [outer, block, phase, inner]: a strided slice becomes a plain one
  const blocks = Math.max(...offsets.map((at) => Math.floor(at / stride))) + count;
  const phases: tf.Tensor3D = tf.reshape(crop(x, 0, blocks * stride), [outer, blocks, stride * inner]);
  return offsets.map((at): tf.Tensor3D =>
    tf.slice(phases, [0, Math.floor(at / stride), (at % stride) * inner], [outer, count, inner]),
  );
}

/** The transpose of {@link taps}: adds each tap's [outer, count, inner] to its place on an axis of `length`. */
export function placeTaps(parts: readonly tf.Tensor3D[], windows: Windows, length: number): tf.Tensor3D {
  const { stride, dilation, count } = windows;
  const [outer, , inner] = parts[0]!.shape;
  const at = (t: number): number => t * dilation;
  const blocks = Math.max(Math.floor(at(parts.length - 1) / stride) + count, Math.ceil(length / stride));
  const phases = Array.from({ length: stride }, (_, phase) => {
    const here = parts.flatMap((part, t) =>
      at(t) % stride === phase ? [crop(part, -Math.floor(at(t) / stride), blocks)] : [],
    );
    if (here.length === 0) return tf.zeros<tf.Rank.R3>([outer, blocks, inner]);
    return here.length === 1 ? here[0]! : tf.addN(here);
  });
  const whole = stride === 1 ? phases[0]! : tf.reshape(tf.concat(phases, 2), [outer, blocks * stride, inner]);
  return crop(whole as tf.Tensor3D, 0, length);
}
