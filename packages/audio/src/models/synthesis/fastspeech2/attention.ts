import * as tf from '@tensorflow/tfjs-core';
import { defaultGenerator, functional, init, Linear, Module, Parameter, scope, type Generator } from '@hourglass/core';

/** Attention by content and by distance, with a bias each (Transformer-XL, Dai et al. 2019, arXiv:1901.02860). */
export class RelativeAttention extends Module {
  readonly linear_q: Linear;
  readonly linear_k: Linear;
  readonly linear_v: Linear;
  readonly linear_out: Linear;
  readonly linear_pos: Linear;
  /** [heads, features] */
  readonly pos_bias_u: Parameter;
  readonly pos_bias_v: Parameter;
  readonly #dropout: number;
  readonly #generator: Generator | undefined;

  constructor(
    readonly width: number,
    readonly heads: number,
    dropout: number,
    generator?: Generator,
  ) {
    super();
    const linear = (bias: boolean): Linear => new Linear(width, width, { bias, generator });
    this.linear_q = linear(true);
    this.linear_k = linear(true);
    this.linear_v = linear(true);
    this.linear_out = linear(true);
    this.linear_pos = linear(false);
    const bias = (): Parameter => {
      const parameter = new Parameter(tf.zeros([heads, width / heads]));
      init.xavierUniform(parameter, { generator });
      return parameter;
    };
    this.pos_bias_u = bias();
    this.pos_bias_v = bias();
    this.#dropout = dropout;
    this.#generator = generator;
  }

  /**
   * @param x [N, L, width] @param places [2 L - 1, width]: of distances L - 1 … -(L - 1)
   * @param bias [N, 1, 1, L]: 0 where something is, -infinity where not; null for all
   */
  forward(x: tf.Tensor, places: tf.Tensor, bias: tf.Tensor | null): tf.Tensor {
    return scope(() => {
      const [n, length] = x.shape as [number, number, number];
      const features = this.width / this.heads;
      const scale = 1 / Math.sqrt(features);
      const split = (y: tf.Tensor): tf.Tensor => tf.reshape(y, [n, length, this.heads, features]);
      const headsFirst = (y: tf.Tensor): tf.Tensor => tf.transpose(y, [0, 2, 1, 3]);
      const q = split(this.linear_q.forward(x));
      const k = headsFirst(split(this.linear_k.forward(x)));
      const v = headsFirst(split(this.linear_v.forward(x)));
      const placed = tf.reshape(this.linear_pos.forward(places), [2 * length - 1, this.heads, features]);
      const byDistance = tf.matMul(
        headsFirst(tf.add(q, this.pos_bias_v.value)),
        tf.tile(tf.expandDims(tf.transpose(placed, [1, 2, 0]), 0), [n, 1, 1, 1]),
      );
      const distances = tf.mul(functional.relativeShift(byDistance), scale);
      const attended = functional.scaledDotProductAttention(headsFirst(tf.add(q, this.pos_bias_u.value)), k, v, {
        attnMask: bias === null ? distances : tf.add(distances, bias),
        scale,
        dropoutP: this.training ? this.#dropout : 0,
        generator: this.#generator ?? defaultGenerator(),
      });
      return this.linear_out.forward(tf.reshape(headsFirst(attended), [n, length, this.width]));
    });
  }
}
