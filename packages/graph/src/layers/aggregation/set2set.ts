import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, functional, LSTM, Module, scope, type RecurrentOptions } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';

/** Set2Set: attends to the rows of each segment several times, an LSTM asking (Vinyals et al. 2015, arXiv:1511.06391). */
export class Set2Set extends Module implements Aggregation {
  readonly lstm: LSTM;

  /** @param processingSteps how often to attend */
  constructor(
    readonly inChannels: number,
    readonly processingSteps: number,
    options: Pick<RecurrentOptions, 'numLayers' | 'dropout' | 'generator'> = {},
  ) {
    super();
    checkCount('Set2Set: processingSteps', processingSteps);
    this.lstm = new LSTM(2 * inChannels, inChannels, options);
  }

  /**
   * @param x float32 [segments.count, inChannels]
   * @returns float32 [segments.size, 2 * inChannels]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    check(
      x.rank === 2 && x.shape[0] === segments.count && x.shape[1] === this.inChannels,
      () => `Set2Set takes [${segments.count}, ${this.inChannels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const width = this.inChannels;
      let state = {};
      let answer: tf.Tensor = tf.zeros([segments.size, 2 * width]);
      for (let step = 0; step < this.processingSteps; step++) {
        const { output, h, c } = this.lstm.forward(tf.expandDims(answer, 0), state);
        state = { h, c };
        const query = tf.reshape(output, [segments.size, width]);
        const scores = tf.sum(tf.mul(x, functional.segmentGather(query, segments)), -1, true);
        const read = functional.segmentSum(tf.mul(functional.segmentSoftmax(scores, segments), x), segments);
        answer = tf.concat([query, read], -1);
      }
      return answer;
    });
  }
}
