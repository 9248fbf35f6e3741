import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import {
  relativePositionTable,
  sinusoidalTable,
  type RelativeBucketOptions,
  type SinusoidOptions,
} from '../../functional/attention/index.js';
import { scope } from '../../memory.js';
import { Module, Parameter, StateBuffer, type UnaryModule } from '../../module/index.js';
import { normalTensor, type Generator } from '../../random/index.js';

/** Adds a fixed sinusoidal table to [N, L, D] (Vaswani et al. 2017, arXiv:1706.03762). The table is not in checkpoints. */
export class SinusoidalPositions extends Module implements UnaryModule {
  readonly table: StateBuffer;

  constructor(maxLength: number, features: number, options: SinusoidOptions = {}) {
    super();
    this.table = new StateBuffer(sinusoidalTable(maxLength, features, options), { persistent: false });
  }

  /** @throws InvalidArgumentError when the sequence is longer than the table. */
  forward(x: tf.Tensor): tf.Tensor {
    return addRows(x, this.table.value);
  }
}

/** Adds a learned table [maxLength, D] to [N, L, D]. */
export class LearnedPositions extends Module implements UnaryModule {
  readonly weight: Parameter;

  constructor(maxLength: number, features: number, options: { std?: number; generator?: Generator } = {}) {
    super();
    this.weight = new Parameter(normalTensor([maxLength, features], 0, options.std ?? 0.02, options.generator));
  }

  /** @throws InvalidArgumentError when the sequence is longer than the table. */
  forward(x: tf.Tensor): tf.Tensor {
    return addRows(x, this.weight.value);
  }
}

function addRows(x: tf.Tensor, table: tf.Tensor): tf.Tensor {
  const [length, features] = x.shape.slice(-2) as [number, number];
  check(
    length <= table.shape[0]! && features === table.shape[1],
    () => `positions [${table.shape.join(', ')}] do not reach an input of shape [${x.shape.join(', ')}]`,
  );
  return scope(() => tf.add(x, tf.slice(table, [0, 0], [length, features])));
}

/** A learned bias a head for each bucket of relative positions (T5, Raffel et al. 2019, arXiv:1910.10683). */
export class RelativePositionBias extends Module {
  /** [buckets, heads] */
  readonly weight: Parameter;
  readonly options: RelativeBucketOptions;

  constructor(
    readonly heads: number,
    options: RelativeBucketOptions & { generator?: Generator } = {},
  ) {
    super();
    const { generator, ...buckets } = options;
    this.options = buckets;
    this.weight = new Parameter(normalTensor([buckets.numBuckets ?? 32, heads], 0, 1, generator));
  }

  /** The bias [1, heads, queries, keys] to be added to scores, the queries beginning at `offset`. */
  forward(queries: number, keys: number, offset = 0): tf.Tensor {
    return scope(() => {
      const buckets = relativePositionTable(queries, keys, { ...this.options, offset });
      const rows = tf.reshape(tf.gather(this.weight.value, tf.reshape(buckets, [-1])), [queries, keys, this.heads]);
      return tf.expandDims(tf.transpose(rows, [2, 0, 1]), 0);
    });
  }
}
