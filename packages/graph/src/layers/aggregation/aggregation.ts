import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, scope } from '@hourglass/core';

type Segments = functional.Segments;

/** What makes one row of many: of the messages that reach a node, or of the nodes of a graph. */
export interface Aggregation extends Module {
  /**
   * @param x float32 [segments.count, …features]
   * @returns float32 [segments.size, …]
   */
  forward(x: tf.Tensor, segments: Segments): tf.Tensor;
}

/** Sum of each segment; zeros where there are no rows. */
export class SumAggregation extends Module implements Aggregation {
  forward(x: tf.Tensor, segments: Segments): tf.Tensor {
    return functional.segmentSum(x, segments);
  }
}

/** Mean of each segment; zeros where there are no rows. */
export class MeanAggregation extends Module implements Aggregation {
  forward(x: tf.Tensor, segments: Segments): tf.Tensor {
    return functional.segmentMean(x, segments);
  }
}

/** Largest value of each segment, column by column; zeros where there are no rows. */
export class MaxAggregation extends Module implements Aggregation {
  forward(x: tf.Tensor, segments: Segments): tf.Tensor {
    return functional.segmentMax(x, segments);
  }
}

/** Smallest value of each segment, column by column; zeros where there are no rows. */
export class MinAggregation extends Module implements Aggregation {
  forward(x: tf.Tensor, segments: Segments): tf.Tensor {
    return scope(() => tf.neg(functional.segmentMax(tf.neg(x), segments)));
  }
}

/** Product of each segment, column by column; ones where there are no rows. */
export class MulAggregation extends Module implements Aggregation {
  forward(x: tf.Tensor, segments: Segments): tf.Tensor {
    return scope(() => {
      const { order, pointer } = segments.values;
      let lists = Array.from({ length: segments.size }, (_, s) => order.subarray(pointer[s]!, pointer[s + 1]!));
      // a row of ones stands for what is missing; rows are multiplied in pairs, so the depth is that of a tree
      let rows = tf.concat([x, tf.ones([1, ...x.shape.slice(1)])]);
      while (lists.some((list) => list.length > 1)) {
        const [left, right]: [number[], number[]] = [[], []];
        const one = rows.shape[0]! - 1;
        lists = lists.map((list) =>
          Int32Array.from({ length: Math.ceil(list.length / 2) }, (_, i) => {
            right.push(list[2 * i + 1] ?? one);
            return left.push(list[2 * i]!) - 1;
          }),
        );
        left.push(one);
        right.push(one);
        rows = tf.mul(tf.gather(rows, left), tf.gather(rows, right));
      }
      const one = rows.shape[0]! - 1;
      return tf.gather(
        rows,
        lists.map((list) => list[0] ?? one),
      );
    });
  }
}
