import * as tf from '@tensorflow/tfjs-core';
import { Linear, LSTM, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';

/** Steps of a window, and how far apart windows start. */
const width = 200;
const hop = width / 2;

/**
 * A two-layer LSTM in both directions around its input. A longer sequence is read in windows of 200 steps that overlap by half, of which
 * the middles are kept: so memory reaches over 200 steps however long the sound is.
 */
export class BLSTM extends Module implements UnaryModule {
  readonly lstm: LSTM;
  readonly linear: Linear;

  constructor(
    readonly width: number,
    generator?: Generator,
  ) {
    super();
    this.lstm = new LSTM(width, width, { numLayers: 2, bidirectional: true, batchFirst: true, generator });
    this.linear = new Linear(2 * width, width, { generator });
  }

  /** x [N, steps, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const read = (y: tf.Tensor): tf.Tensor => this.linear.forward(this.lstm.forward(y).output);
      return tf.add(x, x.shape[1]! > width ? inWindows(x, read) : read(x));
    });
  }
}

function inWindows(x: tf.Tensor, read: (windows: tf.Tensor) => tf.Tensor): tf.Tensor {
  const [batch, steps, channels] = x.shape as [number, number, number];
  const count = Math.ceil(steps / hop);
  const padded = tf.pad(x, [
    [0, 0],
    [0, (count + 1) * hop - steps],
    [0, 0],
  ]);
  const halves = tf.reshape(padded, [batch, count + 1, hop, channels]);
  const from = (start: number): tf.Tensor => tf.slice(halves, [0, start, 0, 0], [batch, count, hop, channels]);
  const windows = tf.concat([from(0), from(1)], 2);
  const read4 = tf.reshape(read(tf.reshape(windows, [batch * count, width, channels])), windows.shape);
  const part = (window: number, windowCount: number, start: number, length: number): tf.Tensor =>
    tf.reshape(tf.slice(read4, [0, window, start, 0], [batch, windowCount, length, channels]), [batch, -1, channels]);
  const edge = hop / 2;
  const all = tf.concat([part(0, 1, 0, edge), part(0, count, edge, hop), part(count - 1, 1, edge + hop, edge)], 1);
  return tf.slice(all, [0, 0, 0], [batch, steps, channels]);
}
