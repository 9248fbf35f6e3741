import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { Module } from '../module/index.js';

/** What a bottleneck makes of an encoder's output. */
export interface Bottlenecked {
  /** float32 [..., outChannels]: what the decoder gets. */
  readonly value: tf.Tensor;
  /** int32: the discrete codes that stand for the value; null where it is continuous. */
  readonly codes: tf.Tensor | null;
  /** Scalar that joins the loss: a divergence, a commitment, or 0. */
  readonly penalty: tf.Tensor;
  /** Scalars worth watching, constants of differentiation. */
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
}

/** What stands between an encoder and a decoder. Encoder and decoder are built from the two widths. */
export abstract class Bottleneck extends Module {
  /** Width that the encoder must give. */
  abstract readonly inChannels: number;
  /** Width that the decoder gets. */
  abstract readonly outChannels: number;

  /**
   * @param x float32 [..., inChannels]
   * @throws InvalidArgumentError when the last axis is another
   */
  abstract forward(x: tf.Tensor): Bottlenecked;

  protected checkWidth(x: tf.Tensor): void {
    check(
      x.rank > 0 && x.shape.at(-1) === this.inChannels,
      () => `${this.constructor.name} takes [..., ${this.inChannels}], got [${x.shape.join(', ')}]`,
    );
  }
}

/** The penalty of a bottleneck that has none. */
export function noPenalty(): tf.Tensor {
  return tf.scalar(0);
}
