import * as tf from '@tensorflow/tfjs-core';
import { check, Module, Parameter, scope, StateBuffer, type functional } from '@hourglass/core';
import type { Aggregation } from './aggregation.js';
import type { AggregationName } from './by-name.js';
import { MultiAggregation } from './multi-aggregation.js';

/** How an aggregation's result grows or shrinks with the number of rows. */
export type DegreeScaler = 'identity' | 'amplification' | 'attenuation' | 'linear' | 'inverse_linear';

/**
 * Several aggregations side by side, and all of these times several functions of the number of rows side by side: principal
 * neighbourhood aggregation (Corso et al. 2020, arXiv:2004.05718).
 */
export class DegreeScalerAggregation extends Module implements Aggregation {
  readonly aggr: MultiAggregation;
  /** [1] each: mean of the degree, and of the logarithm of degree + 1, over the training graphs' nodes. */
  readonly avg_deg_lin: Parameter | StateBuffer;
  readonly avg_deg_log: Parameter | StateBuffer;
  readonly scalers: readonly DegreeScaler[];

  /**
   * @param degrees how many nodes have 0, 1, 2, … edges leading to them: {@link degreeHistogram} of the training graphs
   * @param options.trainNorm learns the means of the degrees. Default false.
   */
  constructor(
    aggregators: ReadonlyArray<AggregationName | Aggregation>,
    scalers: readonly DegreeScaler[],
    degrees: ArrayLike<number>,
    options: { readonly trainNorm?: boolean } = {},
  ) {
    super();
    for (const name of scalers) {
      check(
        Object.hasOwn(factors, name),
        () => `unknown scaler ${JSON.stringify(name)}; there are ${Object.keys(factors).join(', ')}`,
      );
    }
    let [nodes, sum, logarithms] = [0, 0, 0];
    for (let degree = 0; degree < degrees.length; degree++) {
      nodes += degrees[degree]!;
      sum += degree * degrees[degree]!;
      logarithms += Math.log(degree + 1) * degrees[degree]!;
    }
    check(nodes > 0, 'DegreeScalerAggregation: the histogram of degrees counts no node');
    const mean = (total: number): Parameter | StateBuffer => {
      const value = tf.tensor1d([total / nodes]);
      return options.trainNorm === true ? new Parameter(value) : new StateBuffer(value);
    };
    this.aggr = new MultiAggregation(aggregators);
    this.avg_deg_lin = mean(sum);
    this.avg_deg_log = mean(logarithms);
    this.scalers = scalers;
  }

  /**
   * @param x float32 [segments.count, width]
   * @returns float32 [segments.size, scalers * aggregators * width]
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const joined = this.aggr.forward(x, segments);
      const { pointer, size } = segments;
      const degree = tf.expandDims(tf.cast(tf.sub(tf.slice(pointer, 1), tf.slice(pointer, 0, size)), 'float32'), 1);
      const means = { lin: this.avg_deg_lin.value, log: this.avg_deg_log.value };
      const scaled = this.scalers.map((name) => {
        const factor = factors[name](degree, means);
        return factor === null ? joined : tf.mul(joined, factor);
      });
      return scaled.length === 1 ? tf.clone(scaled[0]!) : tf.concat(scaled, -1);
    });
  }
}

interface Means {
  readonly lin: tf.Tensor;
  readonly log: tf.Tensor;
}

/** Of the degree [size, 1]. A node without rows counts as one with one where it would divide. */
const factors: Readonly<Record<DegreeScaler, (degree: tf.Tensor, means: Means) => tf.Tensor | null>> = {
  identity: () => null,
  amplification: (degree, { log }) => tf.div(tf.log1p(degree), log),
  attenuation: (degree, { log }) => tf.div(log, tf.log1p(tf.maximum(degree, 1))),
  linear: (degree, { lin }) => tf.div(degree, lin),
  inverse_linear: (degree, { lin }) => tf.div(lin, tf.maximum(degree, 1)),
};
