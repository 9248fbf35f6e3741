import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type NativeKernel } from '../kernel.js';
import { bytesOf } from '../memory/native-data.js';
import { filled } from './fill.js';
import { copyStrided, denseSteps, isMovable, picked } from './strided.js';

/** x[begin : begin + size] on every axis. */
export function sliced(
  backend: NativeBackend,
  x: tf.TensorInfo,
  begin: readonly number[],
  size: readonly number[],
): tf.TensorInfo | null {
  if (!isMovable(x)) return null;
  if (size.every((length, axis) => length === x.shape[axis])) return backend.share(x, x.shape);
  const steps = denseSteps(x.shape);
  return picked(
    backend,
    x,
    size,
    steps,
    begin.reduce((sum, at, axis) => sum + at * steps[axis]!, 0),
  );
}

/** Whether the axes that are not of size 1 keep their order, so that the numbers lie as they did. */
function keepsOrder(shape: readonly number[], perm: readonly number[]): boolean {
  const kept = perm.filter((axis) => shape[axis] !== 1);
  return kept.every((axis, i) => i === 0 || kept[i - 1]! < axis);
}

/** Calls `visit` for every position within a block, in row-major order. */
function eachBlock(blockShape: readonly number[], visit: (block: number[], number: number) => void): void {
  const total = tf.util.sizeFromShape([...blockShape]);
  const steps = denseSteps(blockShape);
  for (let number = 0; number < total; number++) {
    visit(
      blockShape.map((size, d) => Math.floor(number / steps[d]!) % size),
      number,
    );
  }
}

/**
 * Between pictures [batch, …spatial, …] and their blocks [blocks * batch, …spatial / block, …]; `before` is what the padded
 * picture has before the plain one. Only pixels inside the plain picture are copied.
 */
function copyBlocks(
  backend: NativeBackend,
  picture: tf.TensorInfo,
  blocks: tf.TensorInfo,
  blockShape: readonly number[],
  before: readonly number[],
  toBlocks: boolean,
): void {
  if (!isMovable(picture)) return;
  const [batch, ...rest] = picture.shape as [number, ...number[]];
  const inner = rest.slice(blockShape.length);
  const bytes = bytesOf[picture.dtype];
  const [plain, cut] = [denseSteps(picture.shape), denseSteps(blocks.shape)];
  const wide = plain.map((step, axis) => step * (axis === 0 ? 1 : (blockShape[axis - 1] ?? 1)));
  eachBlock(blockShape, (block, number) => {
    const first = block.map((at, d) => Math.max(0, Math.ceil((before[d]! - at) / blockShape[d]!)));
    const last = block.map((at, d) =>
      Math.min(blocks.shape[d + 1]!, Math.ceil((rest[d]! + before[d]! - at) / blockShape[d]!)),
    );
    const sizes = [batch, ...last.map((end, d) => Math.max(0, end - first[d]!)), ...inner];
    if (sizes.includes(0)) return;
    const pictureAt =
      backend.address(picture) +
      bytes * first.reduce((sum, at, d) => sum + (at * blockShape[d]! + block[d]! - before[d]!) * plain[d + 1]!, 0);
    const blocksAt =
      backend.address(blocks) + bytes * first.reduce((sum, at, d) => sum + at * cut[d + 1]!, number * batch * cut[0]!);
    if (toBlocks) copyStrided(backend, picture.dtype, blocksAt, pictureAt, sizes, wide, cut);
    else copyStrided(backend, picture.dtype, pictureAt, blocksAt, sizes, cut, wide);
  });
}

/** Kernels that move numbers within one tensor. */
export const movementKernels: readonly NativeKernel[] = [
  kernel<tf.TransposeAttrs>(tf.Transpose, (backend, { x }, { perm }) => {
    if (!isMovable(x!)) return null;
    const shape = perm.map((axis) => x!.shape[axis]!);
    if (keepsOrder(x!.shape, perm)) return backend.share(x!, shape);
    const steps = denseSteps(x!.shape);
    return picked(
      backend,
      x!,
      shape,
      perm.map((axis) => steps[axis]!),
    );
  }),
  kernel<tf.SliceAttrs>(tf.Slice, (backend, { x }, { begin, size }) => {
    const [start, shape] = tf.slice_util.parseSliceParams(x! as tf.Tensor, begin, size);
    tf.slice_util.assertParamsValid(x! as tf.Tensor, start!, shape!);
    return sliced(backend, x!, start!, shape!);
  }),
  kernel<tf.StridedSliceAttrs>(tf.StridedSlice, (backend, { x }, attrs) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const info = tf.slice_util.sliceInfo(
      x!.shape,
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const steps = denseSteps(x!.shape);
    return picked(
      backend,
      x!,
      info.finalShape,
      steps.map((step, axis) => step * info.strides[axis]!),
      info.begin.reduce((sum, at, axis) => sum + at * steps[axis]!, 0),
      tf.slice_util.computeOutShape(info.begin, info.end, info.strides),
    );
  }),
  kernel<tf.TileAttrs>(tf.Tile, (backend, { x }, { reps }) => {
    const shape = x!.shape.map((size, axis) => size * reps[axis]!);
    if (isMovable(x!) && reps.every((count) => count === 1)) return backend.share(x!, shape);
    // [n0, n1, …] repeated is [r0, n0, r1, n1, …] with step 0 along every r; axes of size 1 count towards no rank
    const walked = x!.shape.flatMap((size, axis) => [
      [reps[axis]!, 0],
      [size, axis],
    ]);
    const steps = denseSteps(x!.shape);
    const kept = walked
      .map(([size], i) => [size!, i % 2 === 0 ? 0 : steps[(i - 1) / 2]!] as const)
      .filter(([n]) => n !== 1);
    return picked(
      backend,
      x!,
      shape,
      kept.map(([, step]) => step),
      0,
      kept.map(([size]) => size),
    );
  }),
  kernel<tf.ReverseAttrs>(tf.Reverse, (backend, { x }, { dims }) => {
    const steps = denseSteps(x!.shape);
    let offset = 0;
    if (x!.shape.includes(0)) return isMovable(x!) ? backend.share(x!, x!.shape) : null;
    for (const axis of tf.util.parseAxisParam(dims, x!.shape)) {
      offset += (x!.shape[axis]! - 1) * steps[axis]!;
      steps[axis] = -steps[axis]!;
    }
    return picked(backend, x!, x!.shape, steps, offset);
  }),
  kernel<tf.SpaceToBatchNDAttrs>(tf.SpaceToBatchND, (backend, { x }, { blockShape, paddings }) => {
    if (!isMovable(x!)) return null;
    const [batch, ...rest] = x!.shape as [number, ...number[]];
    const spatial = blockShape.map((block, d) => (rest[d]! + paddings[d]![0]! + paddings[d]![1]!) / block);
    const shape = [batch * tf.util.sizeFromShape(blockShape), ...spatial, ...rest.slice(blockShape.length)];
    const padded = paddings.some(([before, after]) => before! + after! > 0);
    const out = padded ? filled(backend, shape, x!.dtype, 0) : backend.output(shape, x!.dtype);
    copyBlocks(
      backend,
      x!,
      out,
      blockShape,
      paddings.map(([before]) => before!),
      true,
    );
    return out;
  }),
  kernel<tf.BatchToSpaceNDAttrs>(tf.BatchToSpaceND, (backend, { x }, { blockShape, crops }) => {
    if (!isMovable(x!)) return null;
    const [batches, ...rest] = x!.shape as [number, ...number[]];
    const spatial = blockShape.map((block, d) => rest[d]! * block - crops[d]![0]! - crops[d]![1]!);
    const shape = [batches / tf.util.sizeFromShape(blockShape), ...spatial, ...rest.slice(blockShape.length)];
    const out = backend.output(shape, x!.dtype);
    copyBlocks(
      backend,
      out,
      x!,
      blockShape,
      crops.map(([before]) => before!),
      false,
    );
    return out;
  }),
  kernel<tf.DepthToSpaceAttrs>(tf.DepthToSpace, (backend, { x }, { blockSize: b, dataFormat }) => {
    if (dataFormat !== 'NHWC') return null;
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    const depth = c / (b * b);
    // channels are [block row, block column, depth]
    return picked(backend, x!, [n, h * b, w * b, depth], [h * w * c, w * c, b * depth, c, depth, 1], 0, [
      n,
      h,
      b,
      w,
      b,
      depth,
    ]);
  }),
];
