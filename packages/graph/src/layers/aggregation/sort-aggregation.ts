import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, Module, scope, type functional } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

/**
 * The k rows of each segment with the largest last column, largest first, side by side; zeros where there are fewer (SortPooling, Zhang et
 * al. 2018, DGCNN). The order is made on the host: the last column is read back from the device.
 */
export class SortAggregation extends Module implements Aggregation {
  constructor(readonly k: number) {
    super();
    checkCount('SortAggregation: k', k);
  }

  /**
   * @param x float32 [segments.count, width]
   * @returns float32 [segments.size, k * width]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    check(
      x.rank === 2 && x.shape[0] === segments.count && x.shape[1]! > 0,
      () => `SortAggregation takes [${segments.count}, width], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const [rows, width] = x.shape as [number, number];
      const keys = tf.slice(x, [0, width - 1], [rows, 1]).dataSync();
      const { pointer, order } = segments.values;
      const chosen = new Int32Array(segments.size * this.k).fill(rows);
      for (let s = 0; s < segments.size; s++) {
        const members = order.slice(pointer[s], pointer[s + 1]).sort((a, b) => keys[b]! - keys[a]! || a - b);
        chosen.set(members.subarray(0, this.k), s * this.k);
      }
      return tf.reshape(tf.gather(tf.concat([x, tf.zeros([1, width])]), chosen), [segments.size, this.k * width]);
    });
  }
}
