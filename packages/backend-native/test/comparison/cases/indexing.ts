import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { close, exact, sizeOf, sumOf, type Case, type Draw, type Family, type Given } from '../case.js';

function whole(values: readonly number[], shape: readonly number[] = [values.length]): Given {
  return { shape, dtype: 'int32', values: Int32Array.from(values) };
}

/** Different numbers below `n`, in any order. */
function different(draw: Draw, n: number, count: number): number[] {
  const all = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = draw.integer(0, i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, count);
}

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 16; i++) {
    const rows = draw.integer(1, 12);
    const inner = draw.shape(draw.integer(0, 3), 60);
    const shape = [rows, ...inner];
    const count = draw.integer(1, 9);
    const x = draw.given(shape);
    const ids = draw.given([count], 'int32', [0, rows]);
    const updates = draw.given([count, ...inner]);
    const places = { ...ids, shape: [count, 1] };
    // TFJS takes no rows without elements
    const some = sizeOf(inner) > 0;
    if (some) yield { kernel: tf.GatherNd, inputs: { params: x, indices: places }, tolerance: exact };
    yield { kernel: tf.ScatterNd, inputs: { indices: places, updates }, attrs: { shape }, tolerance: sumOf(count, 4) };
    const segments = { x: updates, segmentIds: ids };
    const numSegments = { numSegments: rows };
    yield { kernel: tf.UnsortedSegmentSum, inputs: segments, attrs: numSegments, tolerance: sumOf(count, 4) };
    const few = Math.min(count, rows);
    const unique = whole(different(draw, rows, few));
    const values = draw.given([few, ...inner]);
    const scattered = { tensor: x, indices: { ...unique, shape: [few, 1] }, updates: values };
    if (some) yield { kernel: tf.TensorScatterUpdate, inputs: scattered, attrs: {}, tolerance: exact };
    const sparse = { sparseIndices: unique, sparseValues: draw.given([few]), defaultValue: draw.given([]) };
    yield { kernel: tf.SparseToDense, inputs: sparse, attrs: { outputShape: [rows] }, tolerance: exact };
    const sorted = whole([...ids.values].map((id) => id % 4).toSorted((a, b) => a - b));
    const matrix = draw.given([rows, ...(inner.includes(0) ? [3] : inner)]);
    for (const kernel of [tf.SparseSegmentSum, tf.SparseSegmentMean]) {
      const inputs = { data: matrix, indices: ids, segmentIds: sorted };
      yield { kernel, inputs, tolerance: sumOf(count, 4) };
    }
    const oneHot = { depth: draw.integer(1, 9), onValue: 1, offValue: 0, dtype: draw.pick(['float32', 'int32']) };
    // TFJS writes every index into floats
    yield {
      kernel: tf.OneHot,
      inputs: { indices: draw.given(shape, 'int32', [-1, 9]) },
      attrs: oneHot,
      tolerance: exact,
      oracle: ({ indices }) =>
        tf.cast(
          tf.equal(tf.expandDims(indices!, -1), tf.range(0, oneHot.depth, 1, 'int32')),
          oneHot.dtype as 'float32',
        ),
    };
    const k = draw.integer(1, rows + 1);
    yield { kernel: tf.TopK, inputs: { x: draw.given([3, rows]) }, attrs: { k, sorted: true }, tolerance: exact };
    const range = { start: draw.integer(-5, 5), stop: draw.integer(6, 50), step: draw.pick([1, 2, 0.5]) };
    yield { kernel: tf.Range, inputs: {}, attrs: { ...range, dtype: 'float32' }, tolerance: close };
    const spaced = { start: draw.integer(-5, 5), stop: draw.integer(-5, 5), num: draw.integer(1, 40) };
    yield { kernel: tf.LinSpace, inputs: {}, attrs: spaced, tolerance: close };
    yield {
      kernel: kernels.TakeRows.kernelName,
      inputs: { x, ids: draw.given([count], 'int32', [-2, rows + 2]) },
      tolerance: exact,
      oracle: ({ x, ids }) => {
        const inside = tf.logicalAnd(tf.greaterEqual(ids!, 0), tf.less(ids!, rows));
        const taken = tf.gather(x!, tf.cast(tf.clipByValue(ids!, 0, rows - 1), 'int32'));
        const mask = tf.reshape(tf.cast(inside, 'float32'), [count, ...inner.map(() => 1)]);
        return tf.mul(taken, mask);
      },
    };
    yield {
      kernel: kernels.PlaceRows.kernelName,
      inputs: { x: draw.given([1, 1, count, sizeOf(inner)]), indices: { ...ids, shape: [1, count] } },
      attrs: { batch: 1, outer: 1, count, rows, inner: sizeOf(inner), shape },
      tolerance: sumOf(count, 4),
      oracle: ({ x, indices }) =>
        tf.unsortedSegmentSum(tf.reshape(x!, [count, ...inner]), tf.reshape(indices!, [count]) as tf.Tensor1D, rows),
    };
  }
}

export default cases satisfies Family;
