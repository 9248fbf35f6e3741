import * as tf from '@tensorflow/tfjs-core';
import { PlaceRows } from '../kernels/place-rows/spec.js';
import { TakeRows } from '../kernels/take-rows/spec.js';
import { parseAxes } from './broadcast.js';
import { gradient, gradientOfMany, shapeOf } from './define.js';

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/**
 * d gather / d x: adds the rows of dy back where they were taken from.
 *
 * @param shape x's, whose axes before `axis` but the first `batchDims` were taken whole
 */
function scatterBack(dy: tf.Tensor, indices: tf.Tensor, shape: number[], axis: number, batchDims: number): tf.Tensor {
  if (dy.size === 0) return tf.zeros(shape);
  const batch = product(shape.slice(0, batchDims));
  const outer = product(shape.slice(batchDims, axis));
  const rows = shape[axis]!;
  const inner = product(shape.slice(axis + 1));
  const count = batch === 0 ? 0 : indices.size / batch;
  const list = indices.dtype === 'int32' ? indices : tf.cast(indices, 'int32');
  return PlaceRows.run({ x: dy, indices: list }, { batch, outer, count, rows, inner, shape })[0]!;
}

/** Indices of TFJS's sparse operations as [count, rank]; a list of numbers indexes one axis. */
function pairs(indices: tf.Tensor, rank: number): tf.Tensor {
  return indices.rank === 2 ? indices : tf.reshape(indices, [-1, rank]);
}

/** dy without the places that were overwritten. */
function untouched(dy: tf.Tensor, indices: tf.Tensor, updates: readonly number[]): tf.Tensor {
  return tf.tensorScatterUpdate(dy, indices, tf.zeros([...updates]));
}

/** Picking and placing values by index. */
export const indexingGradients: readonly tf.GradConfig[] = [
  gradient<tf.GatherV2Attrs>(
    tf.GatherV2,
    { values: ['indices'], shapes: ['x'] },
    (dy, [indices, x], { axis, batchDims }) => ({
      x: () => {
        const shape = shapeOf(x!);
        return scatterBack(dy, indices!, shape, parseAxes(axis, shape)[0]!, batchDims ?? 0);
      },
      indices: () => tf.zeros(indices!.shape),
    }),
  ),
  gradient(tf.UnsortedSegmentSum, { values: ['segmentIds'] }, (dy, [ids]) => ({
    x: () => TakeRows.run({ x: dy, ids: ids! }, {})[0]!,
    segmentIds: () => tf.zeros(ids!.shape),
  })),
  gradient(tf.GatherNd, { values: ['indices'], shapes: ['params'] }, (dy, [indices, params]) => ({
    params: () => tf.scatterND(indices!, dy, shapeOf(params!)),
    indices: () => tf.zeros(indices!.shape),
  })),
  gradient(tf.ScatterNd, { values: ['indices'] }, (dy, [indices]) => ({
    updates: () => tf.gatherND(dy, indices!),
    indices: () => tf.zeros(indices!.shape),
  })),
  gradient(tf.TensorScatterUpdate, { values: ['indices'], shapes: ['updates'] }, (dy, [indices, updates]) => ({
    tensor: () => untouched(dy, indices!, shapeOf(updates!)),
    updates: () => tf.reshape(tf.gatherND(dy, indices!), shapeOf(updates!)),
    indices: () => tf.zeros(indices!.shape),
  })),
  gradient(
    tf.SparseToDense,
    { values: ['sparseIndices'], shapes: ['sparseValues', 'defaultValue'] },
    (dy, [indices, values, fallback]) => ({
      sparseIndices: () => tf.zeros(indices!.shape),
      sparseValues: () => {
        const picked = tf.gatherND(dy, pairs(indices!, dy.rank));
        // one value may stand for all places
        return shapeOf(values!).length === 0 ? tf.sum(picked) : tf.reshape(picked, shapeOf(values!));
      },
      defaultValue: () => {
        const places = pairs(indices!, dy.rank);
        return tf.reshape(tf.sum(untouched(dy, places, [places.shape[0]!])), shapeOf(fallback!));
      },
    }),
  ),
  gradientOfMany<tf.TopKAttrs>(tf.TopK, { shapes: ['x'], output: [false, true] }, ([dy], [x, chosen]) => ({
    // the values are gathered along the last axis, row by row
    x: () => {
      const shape = shapeOf(x!);
      return scatterBack(dy!, chosen!, shape, shape.length - 1, shape.length - 1);
    },
  })),
];
