import { Linear, Module, scope, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Scales and shifts frames as a condition says: x (1 + γ) + β with γ and β linear in the condition (feature-wise linear modulation, Perez et
 * al. 2017, arXiv:1709.07871). It begins as the identity.
 */
export class FiLM extends Module {
  readonly linear: Linear;

  constructor(
    readonly width: number,
    conditionWidth: number,
    options: { readonly generator?: Generator | undefined } = {},
  ) {
    super();
    const { generator } = options;
    this.linear = new Linear(conditionWidth, 2 * width, { ...(generator && { generator }) });
    scope(() => this.linear.parameters().forEach((parameter) => parameter.assign(tf.zerosLike(parameter.value))));
  }

  /**
   * @param x float32 [N, frames, width]
   * @param condition float32 [N or 1, frames or 1, conditionWidth]
   */
  forward(x: tf.Tensor, condition: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [scale, shift] = tf.split(this.linear.forward(condition), 2, -1) as [tf.Tensor, tf.Tensor];
      return tf.add(tf.mul(x, tf.add(scale, 1)), shift);
    });
  }
}
