import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  functional,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  MultiheadAttention,
  scope,
  type Generator,
} from '@hourglass/core';
import type { Aggregation } from './aggregation.js';
import { namedAggregation, type AggregationName } from './by-name.js';

type Reduction = 'sum' | 'mean' | 'max' | 'min' | 'logsumexp' | 'std' | 'var';

/** How the results of several aggregations become one. */
export type Combination =
  /** Side by side. */
  | { readonly mode: 'cat' }
  /** Value by value. */
  | { readonly mode: Reduction }
  /** Side by side, then a linear map. `inChannels`: width of each result, or the widths. */
  | { readonly mode: 'proj'; readonly inChannels: number | readonly number[]; readonly outChannels: number }
  /** A linear map of each, attention among them, and their mean. */
  | {
      readonly mode: 'attn';
      readonly inChannels: number | readonly number[];
      readonly outChannels: number;
      /** Default 1. */
      readonly numHeads?: number;
    };

/** A linear map for each aggregation. */
class Maps extends Module {
  readonly lins: ModuleDict<Linear>;

  constructor(widths: readonly number[], outputs: number, random: { readonly generator?: Generator }) {
    super();
    this.lins = new ModuleDict(widths.map((width, i) => [String(i), new Linear(width, outputs, random)] as const));
  }
}

/** Several aggregations of the same rows (Corso et al. 2020, arXiv:2004.05718; Tailor et al. 2021, arXiv:2104.01481). */
export class MultiAggregation extends Module implements Aggregation {
  readonly aggrs: ModuleList<Aggregation>;
  readonly lin?: Linear;
  readonly lin_heads?: Maps;
  readonly multihead_attn?: MultiheadAttention;
  readonly #mode: Combination['mode'];

  /** @throws InvalidArgumentError when there are none */
  constructor(
    aggregations: ReadonlyArray<AggregationName | Aggregation>,
    combination: Combination = { mode: 'cat' },
    random: { readonly generator?: Generator } = {},
  ) {
    super();
    check(aggregations.length > 0, 'MultiAggregation needs at least one aggregation');
    this.aggrs = new ModuleList(aggregations.map(namedAggregation));
    const { mode } = combination;
    check(
      ['cat', 'proj', 'attn'].includes(mode) || Object.hasOwn(reductions, mode),
      () => `MultiAggregation: unknown mode '${mode}'`,
    );
    this.#mode = mode;
    if (combination.mode !== 'proj' && combination.mode !== 'attn') return;
    const { inChannels, outChannels } = combination;
    const widths = typeof inChannels === 'number' ? aggregations.map(() => inChannels) : [...inChannels];
    check(
      widths.length === aggregations.length && widths.length > 1,
      () => `MultiAggregation: mode '${mode}' is for several aggregations and takes the width of each`,
    );
    if (combination.mode === 'proj') {
      this.lin = new Linear(
        widths.reduce((a, b) => a + b),
        outChannels,
        random,
      );
    } else {
      this.lin_heads = new Maps(widths, outChannels, random);
      this.multihead_attn = new MultiheadAttention(outChannels, combination.numHeads ?? 1, random);
    }
  }

  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    return scope(() => {
      const results = Array.from(this.aggrs, (aggregation) => aggregation.forward(x, segments));
      if (results.length === 1) return results[0]!;
      if (this.#mode === 'cat') return tf.concat(results, -1);
      if (this.#mode === 'proj') return this.lin!.forward(tf.concat(results, -1));
      if (this.#mode === 'attn') return this.#attend(results);
      return reductions[this.#mode](tf.stack(results));
    });
  }

  #attend(results: readonly tf.Tensor[]): tf.Tensor {
    const maps = [...this.lin_heads!.lins.values()];
    const mapped = tf.stack(results.map((result, i) => maps[i]!.forward(result)));
    const { output } = this.multihead_attn!.forward(mapped, mapped, mapped, { needWeights: false });
    return tf.mean(output, 0);
  }
}

const reductions: Readonly<Record<Reduction, (stacked: tf.Tensor) => tf.Tensor>> = {
  sum: (x) => tf.sum(x, 0),
  mean: (x) => tf.mean(x, 0),
  max: (x) => tf.max(x, 0),
  min: (x) => tf.min(x, 0),
  logsumexp: (x) => tf.logSumExp(x, 0),
  std: (x) => functional.std(x, { dims: 0 }),
  var: (x) => functional.variance(x, { dims: 0 }),
};
