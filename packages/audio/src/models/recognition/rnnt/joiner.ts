import * as tf from '@tensorflow/tfjs-core';
import { activationByName, check, Linear, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';

/** The joint network of a transducer: a linear map of an activation of the sum of both encodings. */
export class Joiner extends Module {
  readonly linear: Linear;
  readonly #activation: UnaryModule;

  /** @param options.activation 'relu' (default) or 'tanh' */
  constructor(
    inputDim: number,
    outputDim: number,
    options: { activation?: string; generator?: Generator | undefined } = {},
  ) {
    super();
    this.linear = new Linear(inputDim, outputDim, { generator: options.generator });
    this.#activation = activationByName(options.activation ?? 'relu');
  }

  /**
   * Scores for every pair of a frame and a label before it.
   *
   * @param source float32 [N, T, D] @param target float32 [N, U, D] @returns float32 [N, T, U, classes], before the softmax
   */
  forward(source: tf.Tensor, target: tf.Tensor): tf.Tensor {
    check(
      source.rank === 3 && target.rank === 3 && source.shape[2] === target.shape[2],
      () =>
        `a joiner takes [batch, frames, features] and [batch, labels, features], got [${source.shape.join(', ')}] and [${target.shape.join(', ')}]`,
    );
    return scope(() => this.joined(tf.add(tf.expandDims(source, 2), tf.expandDims(target, 1))));
  }

  /** Scores of sums of encodings that somebody else has paired: [..., D] to [..., classes]. */
  joined(sums: tf.Tensor): tf.Tensor {
    return scope(() => this.linear.forward(this.#activation.forward(sums)));
  }
}
