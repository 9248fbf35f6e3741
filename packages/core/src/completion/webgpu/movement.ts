import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { composed, type Composition } from '../composition.js';
import { hostKernel, onHost, type HostKernel, type Memory } from '../host/host.js';
import { movementKernels, stridedSliceKernel } from '../host/movement.js';
import { dense, denseStrides } from '../host/strided.js';
import { gpuMemory } from './memory.js';

const own: ReadonlyArray<HostKernel<Memory>> = [
  hostKernel<tf.TransposeAttrs, Memory>(tf.Transpose, 'wrong', ({ x }, { perm }, memory) => {
    const strides = denseStrides(x!.shape);
    const shape = perm.map((axis) => x!.shape[axis]!);
    const out = memory.allocate(shape, x!.dtype);
    memory.copy(shape, x!, { offset: 0, strides: perm.map((axis) => strides[axis]!) }, out, dense(shape));
    return out;
  }),
  hostKernel<tf.PadV2Attrs, Memory>(tf.PadV2, 'wrong', ({ x }, { paddings, constantValue }, memory) => {
    const shape = x!.shape.map((size, axis) => size + paddings[axis]![0] + paddings[axis]![1]);
    const out = memory.allocate(shape, x!.dtype);
    memory.fill(out, constantValue);
    const { strides } = dense(shape);
    const offset = paddings.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
    memory.copy(x!.shape, x!, dense(x!.shape), out, { offset, strides });
    return out;
  }),
  hostKernel(tf.ZerosLike, 'wrong', ({ x }, _, memory) => {
    const out = memory.allocate(x!.shape, x!.dtype);
    memory.fill(out, 0);
    return out;
  }),
];

/** Mirrors axis by axis: the parts that are repeated are laid beside what there is. */
const mirrorPad: Composition = composed<tf.MirrorPadAttrs>(tf.MirrorPad, 'wrong', ({ x }, { paddings, mode }) => {
  const skip = mode === 'reflect' ? 1 : 0;
  return paddings.reduce<tf.Tensor>((all, [before, after], axis) => {
    const part = (begin: number, size: number): tf.Tensor => {
      const from = all.shape.map((_, at) => (at === axis ? begin : 0));
      return tf.reverse(
        tf.slice(
          all,
          from,
          all.shape.map((own, at) => (at === axis ? size : own)),
        ),
        axis,
      );
    };
    if (before + after === 0) return all;
    return scope(() => {
      const length = all.shape[axis]!;
      const parts = [
        ...(before > 0 ? [part(skip, before)] : []),
        all,
        ...(after > 0 ? [part(length - skip - after, after)] : []),
      ];
      return tf.concat(parts, axis);
    });
  }, tf.clone(x!));
});

/** Moves of any number of axes; TFJS's know up to six, and fail to compile from five on. */
export const movementOnGpu: readonly Composition[] = [
  ...onHost(gpuMemory, [...movementKernels, stridedSliceKernel, ...own]),
  mirrorPad,
];
