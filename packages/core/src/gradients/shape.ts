import * as tf from '@tensorflow/tfjs-core';
import { parseAxes, reduceTo } from './broadcast.js';
import { gradient, gradientOfMany, shapeOf } from './define.js';

function list(tensors: readonly tf.Tensor[]): Record<string, () => tf.Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [i.toString(), () => tensor]));
}

/** Where a slice begins; TFJS pads a short `begin` with zeros. */
function beginOf(begin: number | number[], rank: number): number[] {
  const given = typeof begin === 'number' ? [begin] : begin;
  return Array.from({ length: rank }, (_, axis) => given[axis] ?? 0);
}

/** Axis by axis: spreads m values `stride` apart, the first at `start`, in an axis of `size`; zeros between. */
function spread(dy: tf.Tensor, axis: number, start: number, stride: number, size: number): tf.Tensor {
  const count = dy.shape[axis]!;
  if (count === size && stride === 1) return dy;
  const [outer, inner] = [dy.shape.slice(0, axis), dy.shape.slice(axis + 1)];
  const first = stride < 0 ? start + (count - 1) * stride : start;
  const step = Math.abs(stride);
  const rows = tf.reshape(stride < 0 ? tf.reverse(dy, axis) : dy, [
    tf.util.sizeFromShape(outer),
    count,
    1,
    tf.util.sizeFromShape(inner),
  ]);
  const gaps = tf.reshape(
    step === 1
      ? rows
      : tf.pad(rows, [
          [0, 0],
          [0, 0],
          [0, step - 1],
          [0, 0],
        ]),
    [rows.shape[0]!, count * step, rows.shape[3]!],
  );
  const kept = Math.min(count * step, size - first);
  const cut = kept === count * step ? gaps : tf.slice(gaps, [0, 0, 0], [-1, kept, -1]);
  const placed = tf.pad(cut, [
    [0, 0],
    [first, size - first - kept],
    [0, 0],
  ]);
  return tf.reshape(placed, [...outer, size, ...inner]);
}

/** Folds the mirrored borders of one axis back onto the elements that they repeat. */
function foldMirror(dy: tf.Tensor, axis: number, [before, after]: [number, number], skip: number): tf.Tensor {
  if (before + after === 0) return dy;
  const size = dy.shape[axis]! - before - after;
  const part = (begin: number, length: number): tf.Tensor =>
    tf.slice(
      dy,
      dy.shape.map((_, d) => (d === axis ? begin : 0)),
      dy.shape.map((whole, d) => (d === axis ? length : whole)),
    );
  const place = (x: tf.Tensor, at: number): tf.Tensor =>
    tf.pad(
      x,
      dy.shape.map((_, d): [number, number] => (d === axis ? [at, size - at - x.shape[axis]!] : [0, 0])),
    );
  let dx = part(before, size);
  if (before > 0) dx = tf.add(dx, place(tf.reverse(part(0, before), axis), skip));
  if (after > 0) dx = tf.add(dx, place(tf.reverse(part(before + size, after), axis), size - skip - after));
  return dx;
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
  gradient<tf.BroadCastToAttrs>(tf.BroadcastTo, {}, (dy, _, { inputShape }) => ({
    x: () => reduceTo(dy, inputShape),
  })),
  gradient<tf.StridedSliceAttrs>(tf.StridedSlice, { shapes: ['x'] }, (dy, [x], attrs) => ({
    x: () => {
      const shape = shapeOf(x!);
      const info = tf.slice_util.sliceInfo(
        shape,
        attrs.begin,
        attrs.end,
        attrs.strides,
        attrs.beginMask,
        attrs.endMask,
        attrs.ellipsisMask,
        attrs.newAxisMask,
        attrs.shrinkAxisMask,
      );
      // with the axes that were dropped or added as they were in x
      const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
      return tf.clone(
        shape.reduce<tf.Tensor>(
          (grad, size, axis) => spread(grad, axis, info.begin[axis]!, info.strides[axis]!, size),
          tf.reshape(dy, sizes),
        ),
      );
    },
  })),
  gradient<tf.MirrorPadAttrs>(tf.MirrorPad, {}, (dy, _, { paddings, mode }) => ({
    x: () =>
      tf.clone(
        paddings.reduce<tf.Tensor>(
          (grad, padding, axis) => foldMirror(grad, axis, padding, mode === 'reflect' ? 1 : 0),
          dy,
        ),
      ),
  })),
  gradient<tf.DepthToSpaceAttrs>(tf.DepthToSpace, { shapes: ['x'] }, (dy, [x], { blockSize: b }) => ({
    x: () => {
      const [n, h, w, c] = shapeOf(x!) as [number, number, number, number];
      const blocks = tf.reshape(dy, [n, h, b, w, b, c / (b * b)]);
      return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [n, h, w, c]);
    },
  })),
  gradient(tf.FlipLeftRight, {}, (dy) => ({ image: () => tf.reverse(dy, 2) })),
  gradient(tf.Diag, { shapes: ['x'] }, (dy, [x]) => ({
    x: () => {
      const shape = shapeOf(x!);
      const n = tf.util.sizeFromShape(shape);
      return tf.reshape(tf.sum(tf.mul(tf.reshape(dy, [n, n]), tf.eye(n)), 1), shape);
    },
  })),
];
