import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { kernel, type Inputs, type NativeKernel } from '../kernel.js';
import { bytesOf, isNumeric, type NumericType } from '../memory/native-data.js';
import { bits, filled } from './fill.js';
import { isMovable } from './strided.js';

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** A new tensor that `write` fills. */
export function writing<T extends tf.TensorInfo>(backend: NativeBackend, out: T, write: (address: number) => void): T {
  write(backend.address(out));
  return out;
}

function isIndex(x: tf.TensorInfo | undefined): boolean {
  return x?.dtype === 'int32';
}

/** What the C++ does with a row that meets its place. */
const tasks = { addFloats: 0, addIntegers: 1, writeWords: 2, writeBytes: 3 } as const;

/** Adds or writes rows of `updates` at the places that `indices` name; to `out`, freed if that fails. */
function scattered(
  backend: NativeBackend,
  out: tf.TensorInfo,
  indices: tf.TensorInfo,
  updates: tf.TensorInfo,
  task: number,
): tf.TensorInfo {
  const { sliceRank, numUpdates, sliceSize, strides, outputSize } = tf.backend_util.calculateShapes(
    updates as tf.Tensor,
    indices as tf.Tensor,
    out.shape,
  );
  // one value may stand for all
  const step = updates.shape.length === 0 ? 0 : sliceSize;
  const given = product(updates.shape);
  if (given !== (step === 0 ? sliceSize : numUpdates * sliceSize)) {
    backend.disposeIntermediateTensorInfo(out);
    throw new Error(`scatter: ${numUpdates} rows of ${sliceSize} do not fit updates [${updates.shape.join(', ')}]`);
  }
  return writing(backend, out, (to) => {
    if (outputSize === 0) return;
    backend.call(
      'scatter_tuples',
      to,
      backend.address(updates),
      backend.address(indices),
      numUpdates,
      outputSize / sliceSize,
      sliceSize,
      task,
      step,
      sliceRank,
      ...strides.slice(0, sliceRank),
    );
  });
}

const writeTask = (dtype: NumericType): number => (bytesOf[dtype] === 1 ? tasks.writeBytes : tasks.writeWords);

/** Kernels that pick and place rows by index. */
export const indexingKernels: readonly NativeKernel[] = [
  kernel<tf.GatherV2Attrs>(tf.GatherV2, (backend, { x, indices }, { axis, batchDims }) => {
    if (!isMovable(x!) || !isIndex(indices)) return null;
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x! as tf.Tensor,
      indices! as tf.Tensor,
      at,
      batchDims ?? 0,
    );
    const { batchSize, outerSize, dimSize, sliceSize } = info;
    const count = batchSize === 0 ? 0 : product(indices!.shape) / batchSize;
    const [from, ids] = [backend.address(x!), backend.address(indices!)];
    return writing(backend, backend.output(info.outputShape, x!.dtype), (to) =>
      backend.call('gather', to, from, ids, batchSize, outerSize, dimSize, count, sliceSize * bytesOf[x!.dtype]),
    );
  }),
  kernel(tf.GatherNd, (backend, { params, indices }) => {
    if (!isMovable(params!) || !isIndex(indices)) return null;
    const depth = indices!.shape.at(-1)!;
    if (depth === 0) return null;
    const [shape, count, sliceSize, strides] = tf.backend_util.prepareAndValidate(
      params! as tf.Tensor,
      indices! as tf.Tensor,
    );
    return writing(backend, backend.output(shape, params!.dtype), (to) =>
      backend.call(
        'gather_tuples',
        to,
        backend.address(params!),
        backend.address(indices!),
        count,
        product(params!.shape.slice(0, depth)),
        sliceSize * bytesOf[params!.dtype],
        depth,
        ...strides.slice(0, depth),
      ),
    );
  }),
  kernel(kernels.TakeRows.kernelName, (backend, { x, ids }) => {
    if (!isMovable(x!) || x!.dtype === 'bool' || !isIndex(ids) || x!.shape.length === 0) return null;
    const rest = x!.shape.slice(1);
    return writing(backend, backend.output([...ids!.shape, ...rest], x!.dtype), (to) =>
      backend.call(
        'take_rows',
        to,
        backend.address(x!),
        backend.address(ids!),
        product(ids!.shape),
        x!.shape[0]!,
        product(rest),
      ),
    );
  }),
  kernel<kernels.PlaceRowsAttrs>(kernels.PlaceRows.kernelName, (backend, { x, indices }, attrs) => {
    const { batch, outer, count, rows, inner, shape } = attrs;
    const fits =
      product(x!.shape) === batch * outer * count * inner &&
      product(indices!.shape) === batch * count &&
      product(shape) === batch * outer * rows * inner;
    if (x!.dtype !== 'float32' || !isIndex(indices) || !fits) return null;
    return writing(backend, backend.output(shape, 'float32'), (to) =>
      backend.call('place_rows', to, backend.address(x!), backend.address(indices!), batch, outer, count, rows, inner),
    );
  }),
  kernel<tf.ScatterNdAttrs>(tf.ScatterNd, (backend, { indices, updates }, { shape }) => {
    if (!isMovable(updates!) || updates.dtype === 'bool' || !isIndex(indices)) return null;
    const { dtype } = updates;
    return scattered(
      backend,
      backend.output(shape, dtype),
      indices!,
      updates!,
      dtype === 'int32' ? tasks.addIntegers : tasks.addFloats,
    );
  }),
  kernel(tf.TensorScatterUpdate, (backend, { tensor, indices, updates }) => {
    if (!isMovable(tensor!) || updates!.dtype !== tensor!.dtype || !isIndex(indices)) return null;
    const out = backend.output(tensor!.shape, tensor!.dtype);
    backend.call('copy', backend.address(out), backend.address(tensor!), product(out.shape) * bytesOf[tensor!.dtype]);
    return scattered(backend, out, indices!, updates!, writeTask(tensor!.dtype));
  }),
  kernel<tf.SparseToDenseAttrs>(
    tf.SparseToDense,
    (backend, { sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
      if (!isMovable(sparseValues!) || defaultValue!.dtype !== sparseValues!.dtype || !isIndex(sparseIndices))
        return null;
      const { dtype } = sparseValues!;
      const [fallback] = backend.readSync(defaultValue!.dataId) as Float32Array;
      const out = filled(backend, outputShape, dtype, fallback!);
      return scattered(backend, out, sparseIndices!, sparseValues!, writeTask(dtype));
    },
  ),
  kernel<tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, (backend, { x, segmentIds }, { numSegments }) => {
    if (!isMovable(x!) || x!.dtype === 'bool' || !isIndex(segmentIds)) return null;
    const rank = segmentIds!.shape.length;
    const fits = segmentIds!.shape.every((size, axis) => size === x!.shape[axis]);
    if (!fits || rank > x!.shape.length || !Number.isInteger(numSegments) || numSegments < 0) return null;
    const rest = x!.shape.slice(rank);
    return writing(backend, backend.output([numSegments, ...rest], x!.dtype), (to) =>
      backend.call(
        'segment_sum',
        to,
        backend.address(x!),
        backend.address(segmentIds!),
        product(segmentIds!.shape),
        numSegments,
        product(rest),
        Number(x!.dtype === 'int32'),
      ),
    );
  }),
  kernel(tf.SparseSegmentSum, (backend, inputs) => sparseSegments(backend, inputs, false)),
  kernel(tf.SparseSegmentMean, (backend, inputs) => sparseSegments(backend, inputs, true)),
  kernel<tf.OneHotAttrs>(tf.OneHot, (backend, { indices }, { depth, onValue, offValue, dtype }) => {
    if (!isIndex(indices) || !isNumeric(dtype)) return null;
    return writing(backend, backend.output([...indices!.shape, depth], dtype), (to) =>
      backend.call(
        'one_hot',
        to,
        backend.address(indices!),
        bytesOf[dtype],
        product(indices!.shape),
        depth,
        bits(onValue, dtype),
        bits(offValue, dtype),
      ),
    );
  }),
  kernel<tf.TopKAttrs>(tf.TopK, (backend, { x }, { k }) => {
    const size = x!.shape.at(-1);
    if (!isMovable(x!) || size === undefined || k > size) return null;
    const shape = [...x!.shape.slice(0, -1), k];
    const values = backend.output(shape, x!.dtype);
    const indices = backend.output(shape, 'int32');
    return [
      writing(backend, values, (to) =>
        backend.call(
          'top_k',
          to,
          backend.address(indices),
          backend.address(x!),
          product(x!.shape.slice(0, -1)),
          size,
          k,
          ['float32', 'int32', 'bool'].indexOf(x!.dtype),
        ),
      ),
      indices,
    ];
  }),
  kernel<tf.RangeAttrs>(tf.Range, (backend, _, { start, stop, step, dtype }) => {
    if ((dtype !== 'float32' && dtype !== 'int32') || ![start, stop, step].every((n) => Math.abs(n) < 2 ** 62))
      return null;
    const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    const count = empty ? 0 : Math.abs(Math.ceil((stop - start) / step));
    // TFJS counts down when the step was not given
    const by = stop < start && step === 1 ? -1 : step;
    return counted(backend, dtype, count, start, by);
  }),
  kernel<tf.LinSpaceAttrs>(tf.LinSpace, (backend, _, { start, stop, num }) =>
    counted(backend, 'float32', num, start, (stop - start) / (num - 1)),
  ),
];

/** Sums or means of the rows `indices` of `data`, by rising segment ids; as many segments as the last id says. */
function sparseSegments(
  backend: NativeBackend,
  { data, indices, segmentIds }: Inputs,
  mean: boolean,
): tf.TensorInfo | null {
  if (data!.dtype !== 'float32' || !isIndex(indices) || !isIndex(segmentIds) || data!.shape.length === 0) return null;
  const ids = backend.readSync(segmentIds!.dataId) as Int32Array;
  const places = product(indices!.shape);
  const rows = ids.length === 0 ? 0 : ids.at(-1)! + 1;
  // what is wrong with such ids TFJS's kernel says
  const rises = ids.every((id, i) => id >= (i === 0 ? 0 : ids[i - 1]!));
  if (ids.length !== places || !rises) return null;
  const pointer = new Int32Array(rows + 1);
  for (const id of ids) pointer[id + 1]!++;
  for (let row = 0; row < rows; row++) pointer[row + 1]! += pointer[row]!;
  const starts = backend.makeTensorInfo([rows + 1], 'int32', pointer);
  const [columns, ...rest] = data!.shape as [number, ...number[]];
  try {
    return writing(backend, backend.output([rows, ...rest], 'float32'), (to) =>
      backend.call(
        'sparse_product',
        to,
        backend.address(data!),
        backend.address(starts),
        backend.address(indices!),
        0,
        0,
        rows,
        places,
        columns,
        places,
        1,
        product(rest),
        Number(mean),
      ),
    );
  } finally {
    backend.disposeIntermediateTensorInfo(starts);
  }
}

/** first, first + step, … */
function counted(
  backend: NativeBackend,
  dtype: 'float32' | 'int32',
  count: number,
  first: number,
  step: number,
): tf.TensorInfo | null {
  if (!Number.isSafeInteger(count)) return null;
  return writing(backend, backend.output([count], dtype), (to) =>
    backend.call('range', to, count, first, step, Number(dtype === 'int32')),
  );
}
