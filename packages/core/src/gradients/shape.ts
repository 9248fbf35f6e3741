import * as tf from '@tensorflow/tfjs-core';
import { parseAxes } from './broadcast.js';
import { gradient, gradientOfMany, shapeOf } from './define.js';

function list(tensors: readonly tf.Tensor[]): Record<string, () => tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [i.toString(), () => tensor]));
}

/** Where a slice begins; TFJS pads a short `begin` with zeros. */
function beginOf(begin: number | number[], rank: number): number[] {
  const given = typeof begin === 'number' ? [begin] : begin;
  return Array.from({ length: rank }, (_, axis) => given[axis] ?? 0);
}

/** Kernels that only move values. */
export const shapeGradients: readonly tf.GradConfig[] = [
  gradient(tf.Reshape, { shapes: ['x'] }, (dy, [x]) => ({ x: () => tf.reshape(dy, shapeOf(x!)) })),
  gradient(tf.ExpandDims, { shapes: ['input'] }, (dy, [input]) => ({ input: () => tf.reshape(dy, shapeOf(input!)) })),
  gradient<tf.TransposeAttrs>(tf.Transpose, {}, (dy, _, { perm }) => ({
    x: () =>
      tf.transpose(
        dy,
        perm.map((__, axis) => perm.indexOf(axis)),
      ),
  })),
  gradient<tf.ReverseAttrs>(tf.Reverse, {}, (dy, _, { dims }) => ({
    x: () => tf.reverse(dy, parseAxes(dims, dy.shape)),
  })),
  gradient<tf.SliceAttrs>(tf.Slice, { shapes: ['x'] }, (dy, [x], { begin }) => ({
    x: () => {
      const start = beginOf(begin, dy.rank);
      return tf.pad(
        dy,
        shapeOf(x!).map((size, axis): [number, number] => [start[axis]!, size - start[axis]! - dy.shape[axis]!]),
      );
    },
  })),
  gradient<tf.PadV2Attrs>(tf.PadV2, { shapes: ['x'] }, (dy, [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        paddings.map(([before]) => before),
        shapeOf(x!),
      ),
  })),
  gradient<tf.ConcatAttrs>(tf.Concat, { shapes: 'all' }, (dy, saved, { axis }) => {
    const at = parseAxes(axis, dy.shape)[0]!;
    let start = 0;
    return Object.fromEntries(
      saved.map((token, i): [string, () => tf.Tensor] => {
        const shape = shapeOf(token);
        const begin = shape.map((_, d) => (d === at ? start : 0));
        start += shape[at]!;
        return [i.toString(), () => tf.slice(dy, begin, shape)];
      }),
    );
  }),
  gradientOfMany<tf.SplitVAttrs>(tf.SplitV, {}, (dys, _, { axis }) => ({ x: () => tf.concat(dys, axis) })),
  gradient<tf.PackAttrs>(tf.Pack, {}, (dy, _, { axis }) => list(tf.unstack(dy, axis))),
  gradientOfMany<tf.UnpackAttrs>(tf.Unpack, {}, (dys, _, { axis }) => ({ value: () => tf.stack(dys, axis) })),
  gradient<tf.TileAttrs>(tf.Tile, { shapes: ['x'] }, (dy, [x], { reps }) => ({
    x: () => {
      const shape = shapeOf(x!);
      // [r0, n0, r1, n1, …] with the repeats that are not 1, then a sum over them
      const split: number[] = [];
      const axes: number[] = [];
      shape.forEach((size, axis) => {
        if (reps[axis] !== 1) {
          axes.push(split.length);
          split.push(reps[axis]!);
        }
        split.push(size);
      });
      return axes.length === 0 ? tf.clone(dy) : tf.reshape(tf.sum(tf.reshape(dy, split), axes), shape);
    },
  })),
  gradient<tf.SpaceToBatchNDAttrs>(tf.SpaceToBatchND, {}, (dy, _, { blockShape, paddings }) => ({
    x: () => tf.batchToSpaceND(dy, blockShape, paddings),
  })),
  gradient<tf.BatchToSpaceNDAttrs>(tf.BatchToSpaceND, {}, (dy, _, { blockShape, crops }) => ({
    x: () => tf.spaceToBatchND(dy, blockShape, crops),
  })),
];
