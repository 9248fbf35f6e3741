import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, scope } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources } from '../message-passing.js';
import { checkDense, checkEmbeddings, type EdgeDecoder } from './decoder.js';

/**
 * Near nodes are joined: w |z_u - z_v|² + b with one learned w, negative at first, and b. The decoder of the E(n)-equivariant graph
 * autoencoder (Satorras, Hoogeboom and Welling 2021, arXiv:2102.09844), for coordinates that an EGNN has found.
 */
export class DistanceDecoder extends Module implements EdgeDecoder {
  readonly w: Parameter;
  readonly b: Parameter;

  constructor() {
    super();
    this.w = new Parameter(tf.tensor1d([-1]));
    this.b = new Parameter(tf.tensor1d([1]));
  }

  forward(z: tf.Tensor, pairs: EdgeIndex): tf.Tensor {
    checkEmbeddings('DistanceDecoder', z, pairs);
    return scope(() => {
      const squared = tf.sum(tf.square(tf.sub(atSources(z, pairs), atDestinations(z, pairs))), 1);
      return tf.add(tf.mul(squared, this.w.value), this.b.value);
    });
  }

  forwardAll(z: tf.Tensor): tf.Tensor {
    const nodes = z.shape[0]!;
    checkDense('DistanceDecoder', nodes);
    return scope(() => {
      const lengths = tf.sum(tf.square(z), 1, true);
      const products = tf.matMul(z as tf.Tensor2D, z as tf.Tensor2D, false, true);
      const squared = tf.sub(tf.add(lengths, tf.transpose(lengths)), tf.mul(products, 2));
      return tf.add(tf.mul(tf.maximum(squared, 0), this.w.value), this.b.value);
    });
  }
}
