import * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';

/** Sound as rows of single channels, and the way back. */
export interface TimeRows {
  /** float32 [rows, time] */
  readonly rows: tf.Tensor2D;
  /** Brings y [rows, …] back: channels, where there are any, come before the last `inner` axes. Default 0: last. */
  restore(y: tf.Tensor, inner?: number): tf.Tensor;
}

/**
 * x [N, time, channels], [N, time] or [time] with time last. Call it inside a scope.
 * @throws InvalidArgumentError for other ranks
 */
export function timeRows(name: string, x: tf.Tensor): TimeRows {
  check(
    x.rank >= 1 && x.rank <= 3,
    () => `${name}: sound is [N, time, channels], [N, time] or [time], got [${x.shape.join(', ')}]`,
  );
  if (x.rank === 1) return { rows: tf.expandDims(x, 0), restore: (y) => tf.squeeze(y, [0]) };
  if (x.rank === 2) return { rows: x as tf.Tensor2D, restore: (y) => y };
  const [batch, time, channels] = x.shape as [number, number, number];
  return {
    rows: tf.reshape(tf.transpose(x, [0, 2, 1]), [batch * channels, time]),
    restore(y, inner = 0) {
      const whole = tf.reshape(y, [batch, channels, ...y.shape.slice(1)]);
      const order = [...whole.shape.keys()].filter((axis) => axis !== 1);
      order.splice(order.length - inner, 0, 1);
      return tf.transpose(whole, order);
    },
  };
}
