import { check, customOp, gradientAside, Module, scope, StateBuffer, withoutGradient } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

export interface LossBalancerOptions {
  /** Weight of the past in the averages of the gradients' norms. Default 0.999. */
  readonly decay?: number;
  /** Norm of all gradients together. Default 1. */
  readonly totalNorm?: number;
}

/**
 * Gives each of several losses of one output its share of the gradient, whatever its scale (EnCodec, arXiv:2210.13438, section 3.4): the
 * gradient with respect to the output becomes
 *
 *     totalNorm · Σ (weight / Σ weights) · gradient / average norm of that gradient
 *
 * with norms of the examples' gradients averaged over the batch and, exponentially, over time. Parameters that the losses use besides
 * (those of discriminators) get no gradient.
 */
export class LossBalancer extends Module {
  /** [losses]: decaying sums of the gradients' norms, in the order of the weights. */
  readonly norms: StateBuffer;
  /** Scalar: decaying sum of ones, by which `norms` become averages. */
  readonly count: StateBuffer;
  readonly decay: number;
  readonly totalNorm: number;
  readonly #weights: Readonly<Record<string, number>>;

  /** @throws InvalidArgumentError for no weights, or some that are not positive */
  constructor(weights: Readonly<Record<string, number>>, options: LossBalancerOptions = {}) {
    super();
    const { decay = 0.999, totalNorm = 1 } = options;
    const values = Object.values(weights);
    check(
      values.length > 0 && values.every((weight) => Number.isFinite(weight) && weight > 0),
      () => `a balancer needs positive weights, got ${JSON.stringify(weights)}`,
    );
    check(decay >= 0 && decay < 1, () => `the balancer's decay must lie in [0, 1), got ${decay}`);
    this.#weights = weights;
    this.decay = decay;
    this.totalNorm = totalNorm;
    this.norms = new StateBuffer(tf.zeros([values.length]));
    this.count = new StateBuffer(tf.scalar(0));
  }

  /** Of the losses, in the order of their norms. */
  get names(): readonly string[] {
    return Object.keys(this.#weights);
  }

  /**
   * The weighted mean of the losses, whose gradient with respect to `output` is the balanced one.
   *
   * @param output float32 [N, …], of which the losses are functions
   * @param losses one for each weight: scalars of the output
   * @returns the losses' values besides, as constants
   */
  forward(
    output: tf.Tensor,
    losses: Readonly<Record<string, (output: tf.Tensor) => tf.Tensor>>,
  ): { readonly loss: tf.Tensor; readonly values: Record<string, tf.Tensor> } {
    const { names } = this;
    check(
      Object.keys(losses).toSorted().join() === names.toSorted().join(),
      () => `the balancer has weights for ${names.join(', ')}; losses are ${Object.keys(losses).join(', ')}`,
    );
    return scope(() => {
      const aside = names.map((name) => gradientAside(losses[name]!, output));
      const total = Object.values(this.#weights).reduce((sum, weight) => sum + weight, 0);
      const shares = names.map((name) => this.#weights[name]! / total);
      const gradient = withoutGradient(() => {
        const norms = tf.stack(aside.map(({ gradient: of }) => meanNorm(of)));
        const averages = this.#average(norms);
        const scales = tf.unstack(tf.mul(tf.div(shares, tf.add(averages, 1e-12)), this.totalNorm));
        return tf.addN(aside.map(({ gradient: of }, i) => tf.mul(of, scales[i]!)));
      });
      const value = withoutGradient(() => tf.addN(aside.map(({ value: of }, i) => tf.mul(of, shares[i]!))));
      const loss = customOp(
        [output],
        () => ({ value: tf.clone(value) }),
        (dy, _inputs, _saved, [balanced]) => tf.mul(dy, balanced!),
        [gradient],
      );
      return { loss, values: Object.fromEntries(names.map((name, i) => [name, aside[i]!.value])) };
    });
  }

  /** Averages of the norms, which training moves. */
  #average(norms: tf.Tensor): tf.Tensor {
    const sums = tf.add(tf.mul(this.norms.value, this.decay), norms);
    const count = tf.add(tf.mul(this.count.value, this.decay), 1);
    if (this.training) {
      this.norms.assign(sums);
      this.count.assign(count);
    }
    return tf.div(sums, count);
  }
}

/** Norm of each example's gradient, averaged over the examples. */
function meanNorm(gradient: tf.Tensor): tf.Tensor {
  const axes = gradient.shape.map((_, axis) => axis).slice(1);
  return tf.mean(tf.sqrt(tf.sum(tf.square(gradient), axes)));
}
