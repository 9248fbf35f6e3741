import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';
import { Bottleneck, noPenalty, type Bottlenecked } from './bottleneck.js';

/** Passes everything on: a plain autoencoder. */
export class IdentityBottleneck extends Bottleneck {
  readonly inChannels: number;
  readonly outChannels: number;

  constructor(channels: number) {
    super();
    this.inChannels = channels;
    this.outChannels = channels;
  }

  override forward(x: tf.Tensor): Bottlenecked {
    this.checkWidth(x);
    return scope(() => ({ value: tf.clone(x), codes: null, penalty: noPenalty(), metrics: {} }));
  }
}
