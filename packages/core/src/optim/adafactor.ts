import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import type { Parameter } from '../module/index.js';
import { factoredAxes, factoredShape, rootMeanSquare } from './factored.js';
import type { Group, OptimizerOptions, Parameters } from './groups.js';
import { runningMean } from './moments.js';
import { Optimizer } from './optimizer.js';
import type { ParameterState } from './state.js';

export interface AdafactorOptions extends OptimizerOptions {
  /** Needed, and only allowed, without `relativeStep`. */
  readonly lr?: number;
  /** Added to squared gradients, and the smallest scale of a parameter; default [1e-30, 1e-3]. */
  readonly eps?: readonly [number, number];
  /** Largest root mean square of an update, default 1. */
  readonly clipThreshold?: number;
  /** The second moment decays by 1 - step^decayRate; default -0.8. */
  readonly decayRate?: number;
  /** Decay of the first moment; null (default) keeps none. */
  readonly beta1?: number | null;
  /** Decoupled, default 0. */
  readonly weightDecay?: number;
  /** Multiplies the rate by the parameter's root mean square. Default true. */
  readonly scaleParameter?: boolean;
  /** The rate is 1 / sqrt(step), at most 0.01; the group's `lr` stays 0 and is not used. Default true. */
  readonly relativeStep?: boolean;
  /** With `relativeStep`: at most 1e-6 · step instead of 0.01. Default false. */
  readonly warmupInit?: boolean;
}

/** Adafactor (Shazeer and Stern 2018) as transformers has it: with `relativeStep` it needs no learning rate. */
export class Adafactor extends Optimizer<AdafactorOptions> {
  protected override readonly kind = 'Adafactor';

  constructor(parameters: Parameters<AdafactorOptions>, options: AdafactorOptions = {}) {
    super(parameters, options, {
      lr: 0,
      eps: [1e-30, 1e-3],
      clipThreshold: 1,
      decayRate: -0.8,
      beta1: null,
      weightDecay: 0,
      scaleParameter: true,
      relativeStep: true,
      warmupInit: false,
      maximize: false,
    });
    for (const { lr, relativeStep, warmupInit } of this.groups) {
      check(!relativeStep || lr === 0, 'Adafactor takes either lr or relativeStep; pass relativeStep: false with lr');
      check(relativeStep || lr > 0, 'Adafactor without relativeStep needs lr');
      check(relativeStep || !warmupInit, 'warmupInit works with relativeStep only');
    }
  }

  protected override update(
    parameter: Parameter,
    gradient: tf.Tensor,
    state: ParameterState,
    group: Group<AdafactorOptions>,
  ): tf.Tensor {
    const { value } = parameter;
    const decay = 1 - state.step ** group.decayRate;
    const squared = tf.add(tf.square(gradient), group.eps[0]);
    let update: tf.Tensor;
    const axes = factoredAxes(parameter);
    if (axes === null) {
      update = tf.mul(tf.rsqrt(runningMean(state, 'square', squared, decay)), gradient);
    } else {
      const row = runningMean(state, 'row', tf.mean(squared, axes.column, true), decay);
      const column = runningMean(state, 'column', tf.mean(squared, axes.row, true), decay);
      const rowFactor = tf.rsqrt(tf.div(row, tf.mean(row, axes.row, true)));
      update = tf.mul(tf.mul(rowFactor, tf.rsqrt(column)), gradient);
    }
    // a scalar tensor, so that nothing has to be read back
    const rate = this.#rate(value, state.step, group);
    update = tf.mul(update, tf.div(rate, tf.maximum(tf.div(rootMeanSquare(update), group.clipThreshold), 1)));
    if (group.beta1 !== null) update = runningMean(state, 'mean', update, group.beta1);
    const shrunk = group.weightDecay === 0 ? value : tf.sub(value, tf.mul(value, tf.mul(rate, group.weightDecay)));
    return tf.sub(shrunk, update);
  }

  #rate(value: tf.Tensor, step: number, group: Group<AdafactorOptions>): tf.Tensor {
    const rate = group.relativeStep ? Math.min(group.warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step)) : group.lr;
    return group.scaleParameter ? tf.mul(tf.maximum(rootMeanSquare(value), group.eps[1]), rate) : tf.scalar(rate);
  }

  protected override slotShape(slot: string, parameter: Parameter): number[] {
    return factoredShape(slot, parameter);
  }
}
