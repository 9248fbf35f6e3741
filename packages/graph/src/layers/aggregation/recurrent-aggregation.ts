import * as tf from '@tensorflow/tfjs-core';
import { check, GRU, LSTM, Module, scope, type functional, type RecurrentOptions } from '@hourglass/core';
import { toDenseBatch } from '../../edges/to-dense.js';
import type { Aggregation } from './aggregation.js';

type Options = Omit<RecurrentOptions, 'batchFirst'>;

/**
 * An LSTM over the rows of each segment in their order, as in GraphSAGE (Hamilton et al. 2017, arXiv:1706.02216): depends on that order. As
 * in the reference shorter segments are filled up with zeros, which the LSTM reads too.
 */
export class LSTMAggregation extends Module implements Aggregation {
  readonly lstm: LSTM;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: Options = {},
  ) {
    super();
    this.lstm = new LSTM(inChannels, outChannels, { ...options, batchFirst: true });
  }

  /**
   * @param x float32 [segments.count, inChannels]
   * @returns float32 [segments.size, outChannels]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return lastOutputs('LSTMAggregation', x, segments, (sequences) => this.lstm.forward(sequences).output);
  }
}

/** A GRU over the rows of each segment in their order. As {@link LSTMAggregation}. */
export class GRUAggregation extends Module implements Aggregation {
  readonly gru: GRU;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: Options = {},
  ) {
    super();
    this.gru = new GRU(inChannels, outChannels, { ...options, batchFirst: true });
  }

  /**
   * @param x float32 [segments.count, inChannels]
   * @returns float32 [segments.size, outChannels]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return lastOutputs('GRUAggregation', x, segments, (sequences) => this.gru.forward(sequences).output);
  }
}

function lastOutputs(
  what: string,
  x: tf.Tensor,
  segments: functional.Segments,
  run: (sequences: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  check(x.rank === 2, () => `${what} takes [rows, width], got [${x.shape.join(', ')}]`);
  check(segments.count > 0, `${what}: there are no rows, hence no sequence to read`);
  return scope(() => {
    const output = run(toDenseBatch(x, segments).x);
    const [batch, length, width] = output.shape as [number, number, number];
    return tf.reshape(tf.slice(output, [0, length - 1, 0], [batch, 1, width]), [batch, width]);
  });
}
