import * as tf from '@tensorflow/tfjs-core';
import { functional, kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lengthsOf, orderOf, pointerTo, total } from '../compressed-rows.js';

export default kernelCases({
  kernel: kernels.SparseProduct,
  // the product whose gradients know the transposed matrix; it has no mean
  operation({ x, pointer, column, edge, weights }, { mean }) {
    const rows = pointer.size - 1;
    const columns = column ?? tf.range(0, x.shape[0]!, 1, 'int32');
    const graph = functional.Adjacency.fromRows(pointer, columns, x.shape[0]!);
    const factors = weights === null || edge === null ? weights : tf.gather(weights, edge as tf.Tensor1D);
    const y = functional.spmm(graph, factors, x);
    if (!mean) return y;
    const starts = pointer.dataSync<'int32'>();
    const counts = Array.from({ length: rows }, (_, row) => Math.max(1, starts[row + 1]! - starts[row]!));
    return tf.div(y, tf.reshape(tf.tensor1d(counts), [rows, 1, 1]));
  },
  *cases(draw) {
    for (const [lengths, columns, heads, width, weighted, mean] of [
      [[1], 1, 1, 1, true, false],
      [[0, 0], 3, 1, 2, true, false],
      [lengthsOf(draw, 30, 6, 9), 12, 3, 5, true, false],
      [lengthsOf(draw, 7, 5, 130), 20, 1, 70, true, false],
      [lengthsOf(draw, 20, 5, 30), 9, 2, 3, false, true],
      [lengthsOf(draw, 30, 9, 2300), 50, 2, 1, true, false],
    ] as const) {
      const places = total(lengths);
      const inOrder = draw.chance(0.3);
      yield {
        inputs: {
          x: draw.given([columns, heads, width]),
          pointer: pointerTo(lengths),
          column: draw.given([places], 'int32', [0, columns]),
          edge: weighted && !inOrder ? orderOf(draw, places) : null,
          weights: weighted ? draw.given([places, heads], 'float32', [-1, 1]) : null,
        },
        attrs: { mean },
      };
    }
    // sums of segments: every place has a column of its own
    for (const ordered of [true, false]) {
      const lengths = lengthsOf(draw, 15, 6, 40);
      const places = total(lengths);
      yield {
        label: 'segments',
        inputs: {
          x: draw.given([places, 1, 5]),
          pointer: pointerTo(lengths),
          column: ordered ? null : orderOf(draw, places),
          edge: null,
          weights: null,
        },
        attrs: { mean: ordered },
      };
    }
  },
});
