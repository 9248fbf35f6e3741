import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type HostKernel, type Memory } from './host.js';
import { dense, denseStrides } from './strided.js';

const movement = <Attributes extends object>(
  ...kernel: Parameters<typeof hostKernel<Attributes, Memory>>
): HostKernel<Memory> => hostKernel<Attributes, Memory>(...kernel);

/** A new tensor of `shape` read from `x` through `strides` and `offset`. */
function pick(memory: Memory, x: tf.TensorInfo, shape: number[], strides: number[], offset = 0): tf.TensorInfo {
  const out = memory.allocate(shape, x.dtype);
  memory.copy(shape, x, { offset, strides }, out, dense(shape));
  return out;
}

/** Lays blocks side by side along `axis`. */
function join(memory: Memory, blocks: tf.TensorInfo[], axis: number): tf.TensorInfo {
  const first = blocks[0]!;
  const shape = [...first.shape];
  shape[axis] = blocks.reduce((sum, block) => sum + block.shape[axis]!, 0);
  const dtype = blocks.reduce<tf.DataType>((type, block) => tf.upcastType(type, block.dtype), first.dtype);
  const out = memory.allocate(shape, dtype);
  const strides = denseStrides(shape);
  let offset = 0;
  for (const block of blocks) {
    memory.copy(block.shape, block, dense(block.shape), out, { offset, strides });
    offset += block.shape[axis]! * strides[axis]!;
  }
  return out;
}

function list(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  return Object.keys(inputs).map((key) => inputs[key]!);
}

/** Sizes and begins of a split, also of one with a size -1. */
function pieces(total: number, sizes: number | number[]): number[] {
  if (typeof sizes === 'number') return Array.from({ length: sizes }, () => total / sizes);
  const known = sizes.reduce((sum, size) => sum + Math.max(size, 0), 0);
  return sizes.map((size) => (size < 0 ? total - known : size));
}

/** x[begin:end:stride] with TensorFlow's masks; TFJS's on cpu fails where axes are dropped and added at once. */
export const stridedSliceKernel: HostKernel<Memory> = movement<tf.StridedSliceAttrs>(
  tf.StridedSlice,
  'wrong',
  ({ x }, attrs, memory) => {
    const { begin, end, strides: steps, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs;
    const info = tf.slice_util.sliceInfo(
      x!.shape,
      begin,
      end,
      steps,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const own = denseStrides(x!.shape);
    const sizes = tf.slice_util.computeOutShape(info.begin, info.end, info.strides);
    const out = memory.allocate(info.finalShape, x!.dtype);
    memory.copy(
      sizes,
      x!,
      {
        offset: info.begin.reduce((sum, at, axis) => sum + at * own[axis]!, 0),
        strides: own.map((stride, axis) => stride * info.strides[axis]!),
      },
      out,
      dense(sizes),
    );
    return out;
  },
);

/** Kernels that move values; TFJS's compute every element's coordinates in wasm, at 20 to 120 ns an element. */
export const movementKernels: ReadonlyArray<HostKernel<Memory>> = [
  movement<tf.TileAttrs>(tf.Tile, 'slow', ({ x }, { reps }, memory) => {
    // [n0, n1, …] repeated is [r0, n0, r1, n1, …] with stride 0 along every r
    const own = denseStrides(x!.shape);
    const shape = x!.shape.map((size, axis) => size * reps[axis]!);
    const out = memory.allocate(shape, x!.dtype);
    const inner = x!.shape.flatMap((size, axis) => [reps[axis]!, size]);
    const strides = own.flatMap((stride) => [0, stride]);
    memory.copy(inner, x!, { offset: 0, strides }, out, dense(inner));
    return out;
  }),
  movement<tf.ReverseAttrs>(tf.Reverse, 'slow', ({ x }, { dims }, memory) => {
    const strides = denseStrides(x!.shape);
    let offset = 0;
    for (const axis of tf.util.parseAxisParam(dims, x!.shape)) {
      offset += (x!.shape[axis]! - 1) * strides[axis]!;
      strides[axis] = -strides[axis]!;
    }
    return pick(memory, x!, x!.shape, strides, offset);
  }),
  movement<tf.SliceAttrs>(tf.Slice, 'slow', ({ x }, { begin, size }, memory) => {
    const [start, shape] = tf.slice_util.parseSliceParams(x!, begin, size);
    tf.slice_util.assertParamsValid(x!, start!, shape!);
    const strides = denseStrides(x!.shape);
    return pick(
      memory,
      x!,
      shape!,
      strides,
      start!.reduce((sum, at, axis) => sum + at * strides[axis]!, 0),
    );
  }),
  movement<tf.ConcatAttrs>(tf.Concat, 'slow', (inputs, { axis }, memory) => {
    const tensors = list(inputs);
    const at = tf.util.parseAxisParam(axis, tensors[0]!.shape)[0]!;
    return join(memory, tensors, at);
  }),
  movement<tf.PackAttrs>(tf.Pack, 'slow', (inputs, { axis }, memory) => {
    const tensors = list(inputs);
    const shape = [...tensors[0]!.shape];
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    shape.splice(at, 0, 1);
    return join(
      memory,
      tensors.map(({ dataId, dtype }) => ({ dataId, dtype, shape })),
      at,
    );
  }),
  movement<tf.SplitVAttrs>(tf.SplitV, 'slow', ({ x }, { numOrSizeSplits, axis }, memory) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const strides = denseStrides(x!.shape);
    let begin = 0;
    return pieces(x!.shape[at]!, numOrSizeSplits).map((size) => {
      const shape = x!.shape.map((whole, d) => (d === at ? size : whole));
      const piece = pick(memory, x!, shape, strides, begin * strides[at]!);
      begin += size;
      return piece;
    });
  }),
  movement<tf.UnpackAttrs>(tf.Unpack, 'slow', ({ value }, { axis }, memory) => {
    const at = axis < 0 ? axis + value!.shape.length : axis;
    const strides = denseStrides(value!.shape);
    const without = <T>(all: readonly T[]): T[] => all.filter((_, d) => d !== at);
    return Array.from({ length: value!.shape[at]! }, (_, i) =>
      pick(memory, value!, without(value!.shape), without(strides), i * strides[at]!),
    );
  }),
  movement<tf.SpaceToBatchNDAttrs>(tf.SpaceToBatchND, 'slow', ({ x }, { blockShape, paddings }, memory) => {
    const [batch, ...rest] = x!.shape;
    const spatial = blockShape.map((block, d) => (rest[d]! + paddings[d]![0]! + paddings[d]![1]!) / block);
    const inner = rest.slice(blockShape.length);
    const blocks = blockShape.reduce((n, block) => n * block, 1);
    const out = memory.allocate([batch! * blocks, ...spatial, ...inner], x!.dtype);
    if (paddings.some(([before, after]) => before! + after! > 0)) memory.fill(out, 0);
    eachBlock(blockShape, (block, number) => {
      // pixels of this block that lie inside the unpadded picture
      const first = block.map((at, d) => Math.max(0, Math.ceil((paddings[d]![0]! - at) / blockShape[d]!)));
      const last = block.map((at, d) =>
        Math.min(spatial[d]!, Math.ceil((rest[d]! + paddings[d]![0]! - at) / blockShape[d]!)),
      );
      const from = denseStrides(x!.shape);
      const into = denseStrides(out.shape);
      memory.copy(
        [batch!, ...last.map((end, d) => Math.max(0, end - first[d]!)), ...inner],
        x!,
        {
          offset: first.reduce(
            (sum, at, d) => sum + (at * blockShape[d]! + block[d]! - paddings[d]![0]!) * from[d + 1]!,
            0,
          ),
          strides: from.map((stride, axis) => stride * (axis === 0 ? 1 : (blockShape[axis - 1] ?? 1))),
        },
        out,
        {
          offset: first.reduce((sum, at, d) => sum + at * into[d + 1]!, number * batch! * into[0]!),
          strides: into,
        },
      );
    });
    return out;
  }),
  movement<tf.BatchToSpaceNDAttrs>(tf.BatchToSpaceND, 'slow', ({ x }, { blockShape, crops }, memory) => {
    const blocks = blockShape.reduce((n, block) => n * block, 1);
    const [batches, ...rest] = x!.shape;
    const batch = batches! / blocks;
    const inner = rest.slice(blockShape.length);
    const size = blockShape.map((block, d) => rest[d]! * block - crops[d]![0]! - crops[d]![1]!);
    const out = memory.allocate([batch, ...size, ...inner], x!.dtype);
    const from = denseStrides(x!.shape);
    const into = denseStrides(out.shape);
    eachBlock(blockShape, (block, number) => {
      const first = block.map((at, d) => Math.max(0, Math.ceil((crops[d]![0]! - at) / blockShape[d]!)));
      const last = block.map((at, d) =>
        Math.min(rest[d]!, Math.ceil((size[d]! + crops[d]![0]! - at) / blockShape[d]!)),
      );
      memory.copy(
        [batch, ...last.map((end, d) => Math.max(0, end - first[d]!)), ...inner],
        x!,
        { offset: first.reduce((sum, at, d) => sum + at * from[d + 1]!, number * batch * from[0]!), strides: from },
        out,
        {
          offset: first.reduce(
            (sum, at, d) => sum + (at * blockShape[d]! + block[d]! - crops[d]![0]!) * into[d + 1]!,
            0,
          ),
          strides: into.map((stride, axis) => stride * (axis === 0 ? 1 : (blockShape[axis - 1] ?? 1))),
        },
      );
    });
    return out;
  }),
  movement<tf.DepthToSpaceAttrs>(tf.DepthToSpace, 'slow', ({ x }, { blockSize: b, dataFormat }, memory) => {
    tf.util.assert(dataFormat === 'NHWC', () => `depthToSpace: dataFormat must be NHWC, got ${dataFormat}`);
    const [n, h, w, c] = x!.shape as [number, number, number, number];
    const depth = c / (b * b);
    const out = memory.allocate([n, h * b, w * b, depth], x!.dtype);
    // channels are [block row, block column, depth]
    const sizes = [n, h, b, w, b, depth];
    const strides = [h * w * c, w * c, b * depth, c, depth, 1];
    memory.copy(sizes, x!, { offset: 0, strides }, out, dense(sizes));
    return out;
  }),
];

/** Calls `visit` for every position within a block, in row-major order. */
function eachBlock(blockShape: readonly number[], visit: (block: number[], number: number) => void): void {
  const total = blockShape.reduce((n, block) => n * block, 1);
  const strides = denseStrides(blockShape);
  for (let number = 0; number < total; number++) {
    visit(
      blockShape.map((size, d) => Math.floor(number / strides[d]!) % size),
      number,
    );
  }
}
