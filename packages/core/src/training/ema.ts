import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Parameter } from '../module/parameter.js';

/**
 * Exponential moving average of a model's parameters (Polyak and Juditsky, 1992); buffers are the model's own. The average
 * starts at the parameters' present values.
 */
export class ExponentialMovingAverage {
  readonly decay: number;
  readonly #average = new Map<Parameter, tf.Tensor>();

  constructor(model: Module, decay = 0.999) {
    check(decay >= 0 && decay < 1, `decay of the moving average must lie in [0, 1), got ${decay}`);
    this.decay = decay;
    for (const parameter of model.parameters()) this.#average.set(parameter, tf.keep(tf.clone(parameter.value)));
  }

  /** average ← decay · average + (1 - decay) · parameter. Call it after each step. */
  update(): void {
    for (const [parameter, average] of this.#average) {
      const next = tf.tidy(() => tf.add(tf.mul(average, this.decay), tf.mul(parameter.value, 1 - this.decay)));
      this.#average.set(parameter, tf.keep(next));
      average.dispose();
    }
  }

  /** Exchanges parameters and averages; a second call puts them back. */
  swap(): void {
    for (const [parameter, average] of this.#average) {
      const held = tf.keep(tf.clone(parameter.value));
      parameter.assign(average);
      average.dispose();
      this.#average.set(parameter, held);
    }
  }

  /** The tensor kept for each parameter. They belong to this object. */
  get averages(): ReadonlyMap<Parameter, tf.Tensor> {
    return this.#average;
  }

  dispose(): void {
    for (const average of this.#average.values()) average.dispose();
    this.#average.clear();
  }
}
