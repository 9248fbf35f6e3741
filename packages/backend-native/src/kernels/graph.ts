import type * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';
import type { NativeBackend } from '../backend.js';
import { writing } from './indexing.js';

type Given = tf.TensorInfo | undefined;

/** Compressed rows as the kernels take them; null where their shapes or dtypes are not what they must be. */
function compressed(pointer: Given, ...places: Given[]): { rows: number; places: number | null } | null {
  if (pointer?.dtype !== 'int32' || pointer.shape.length !== 1 || pointer.shape[0] === 0) return null;
  let count: number | null = null;
  for (const list of places) {
    if (list == null) continue;
    if (list.dtype !== 'int32' || list.shape.length !== 1 || (count !== null && list.shape[0] !== count)) return null;
    count = list.shape[0]!;
  }
  return { rows: pointer.shape[0]! - 1, places: count };
}

/** An input's address; 0 for one that is left out. */
export function addressOf(backend: NativeBackend, input: Given): number {
  return input == null ? 0 : backend.address(input);
}

/** Kernels of graphs and segments. */
export const graphKernels: readonly NativeKernel[] = [
  kernel<kernels.SparseProductAttrs>(
    kernels.SparseProduct.kernelName,
    (backend, { x, pointer, column, edge, weights }, { mean }) => {
      const lists = compressed(pointer, column, edge);
      if (lists === null || !areFloats(x, weights) || x!.shape.length !== 3) return null;
      const [columns, heads, width] = x!.shape as [number, number, number];
      const places = lists.places ?? weights?.shape[0] ?? columns;
      const edges = weights?.shape[0] ?? places;
      if (weights != null && (weights.shape.length !== 2 || weights.shape[1] !== heads)) return null;
      if (weights != null && edge == null && edges !== places) return null;
      return writing(backend, backend.output([lists.rows, heads, width], 'float32'), (to) =>
        backend.call(
          'sparse_product',
          to,
          backend.address(x!),
          backend.address(pointer!),
          addressOf(backend, column),
          weights == null ? 0 : addressOf(backend, edge),
          addressOf(backend, weights),
          lists.rows,
          places,
          columns,
          edges,
          heads,
          width,
          Number(mean),
        ),
      );
    },
  ),
  kernel(kernels.SampledProduct.kernelName, (backend, { a, b, pointer, column, edge }) => {
    const lists = compressed(pointer, column, edge);
    if (lists?.places == null || column == null || !areFloats(a, b)) return null;
    if (a!.shape.length !== 3 || b!.shape.length !== 3 || a!.shape[0] !== lists.rows) return null;
    const [columns, heads, width] = b!.shape as [number, number, number];
    if (a!.shape[1] !== heads || a!.shape[2] !== width) return null;
    return writing(backend, backend.output([lists.places, heads], 'float32'), (to) =>
      backend.call(
        'sampled_product',
        to,
        backend.address(a!),
        backend.address(b!),
        backend.address(pointer!),
        backend.address(column),
        addressOf(backend, edge),
        lists.rows,
        lists.places!,
        columns,
        lists.places!,
        heads,
        width,
      ),
    );
  }),
  kernel(kernels.SegmentMax.kernelName, (backend, { x, pointer, order }) => {
    const sizes = segmentsOf(pointer, order, x);
    if (sizes === null) return null;
    return writing(backend, backend.output([sizes[0], sizes[2]], 'float32'), (to) =>
      backend.call('segment_max', to, ...addresses(backend, x, pointer, order), ...sizes),
    );
  }),
  kernel(kernels.SegmentMaxGradient.kernelName, (backend, { x, y, dy, pointer, order }) => {
    const sizes = segmentsOf(pointer, order, x);
    if (sizes === null || ![y, dy].every((of) => isMatrix(of, sizes[0], sizes[2]))) return null;
    return writing(backend, backend.output(x!.shape, 'float32'), (to) =>
      backend.call('segment_max_gradient', to, ...addresses(backend, x, y, dy, pointer, order), ...sizes),
    );
  }),
  kernel(kernels.SegmentSoftmax.kernelName, (backend, { x, pointer, order }) => {
    const sizes = segmentsOf(pointer, order, x);
    if (sizes === null) return null;
    return writing(backend, backend.output(x!.shape, 'float32'), (to) =>
      backend.call('segment_softmax', to, ...addresses(backend, x, pointer, order), ...sizes),
    );
  }),
  kernel(kernels.SegmentSoftmaxGradient.kernelName, (backend, { y, dy, pointer, order }) => {
    const sizes = segmentsOf(pointer, order, y);
    if (sizes === null || !isMatrix(dy, sizes[1], sizes[2])) return null;
    return writing(backend, backend.output(y!.shape, 'float32'), (to) =>
      backend.call('segment_softmax_gradient', to, ...addresses(backend, y, dy, pointer, order), ...sizes),
    );
  }),
];

/** Segments, rows and width; null where shapes or dtypes are not what they must be. */
function segmentsOf(pointer: Given, order: Given, x: Given): [segments: number, rows: number, width: number] | null {
  const lists = compressed(pointer, order);
  const [rows, width] = x!.shape as [number, number];
  if (lists === null || !isMatrix(x, rows, width) || (lists.places !== null && lists.places !== rows)) return null;
  return [lists.rows, rows, width];
}

function isMatrix(x: Given, rows: number, width: number): boolean {
  return x?.dtype === 'float32' && x.shape.length === 2 && x.shape[0] === rows && x.shape[1] === width;
}

function addresses(backend: NativeBackend, ...inputs: Given[]): number[] {
  return inputs.map((input) => addressOf(backend, input));
}
