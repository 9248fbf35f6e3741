import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, Parameter, scope } from '@hourglass/core';

/** Gives what reaches a node the length of the node's own features, times a scale (Li et al. 2020, arXiv:2006.07739). */
export class MessageNorm extends Module {
  /** [1]; trained only if so asked. */
  readonly scale: Parameter;

  /** @param options.learnScale default false */
  constructor(options: { readonly learnScale?: boolean } = {}) {
    super();
    this.scale = new Parameter(tf.ones([1]));
    this.scale.requiresGrad = options.learnScale ?? false;
  }

  /**
   * @param x float32 [nodes, any width]
   * @param reached float32 [nodes, width]
   * @returns float32 [nodes, width]
   */
  forward(x: tf.Tensor, reached: tf.Tensor): tf.Tensor {
    return scope(() => {
      const length = functional.vectorNorm(x, { dims: -1, keepDim: true });
      return tf.mul(tf.mul(functional.normalize(reached), length), this.scale.value);
    });
  }
}
