import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  MultiheadAttention,
  scope,
  type functional,
  type Generator,
  type Parameter,
} from '@hourglass/core';
import { toDenseBatch } from '../../edges/to-dense.js';
import { glorot } from '../initialise.js';
import type { Aggregation } from './aggregation.js';

interface BlockOptions {
  readonly heads: number;
  readonly layerNorm: boolean;
  readonly dropout: number;
  readonly generator?: Generator;
}

/** x attends to y: a step of the set transformer. */
class MultiheadAttentionBlock extends Module {
  readonly attn: MultiheadAttention;
  readonly lin: Linear;
  readonly layer_norm1: LayerNorm | null;
  readonly layer_norm2: LayerNorm | null;

  constructor(channels: number, { heads, layerNorm, ...rest }: BlockOptions) {
    super();
    this.attn = new MultiheadAttention(channels, heads, { ...rest, batchFirst: true });
    const random = { generator: rest.generator };
    this.lin = new Linear(channels, channels, random);
    this.layer_norm1 = layerNorm ? new LayerNorm(channels) : null;
    this.layer_norm2 = layerNorm ? new LayerNorm(channels) : null;
  }

  /** Masks bool [batch, length] say where there is something. */
  forward(x: tf.Tensor, y: tf.Tensor, xMask: tf.Tensor | null, yMask: tf.Tensor | null): tf.Tensor {
    const keyPaddingMask = yMask === null ? null : tf.logicalNot(yMask);
    // a set without members gives zeros
    const { output } = this.attn.forward(x, y, y, { keyPaddingMask, needWeights: false });
    const seen = xMask === null ? output : tf.mul(output, tf.cast(tf.expandDims(xMask, 2), 'float32'));
    const norm = (layer: LayerNorm | null, z: tf.Tensor): tf.Tensor => (layer === null ? z : layer.forward(z));
    const h = norm(this.layer_norm1, tf.add(seen, x));
    return norm(this.layer_norm2, tf.add(h, this.lin.forward(h, 'relu')));
  }
}

class SetAttentionBlock extends Module {
  readonly mab: MultiheadAttentionBlock;

  constructor(channels: number, options: BlockOptions) {
    super();
    this.mab = new MultiheadAttentionBlock(channels, options);
  }

  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
    return this.mab.forward(x, x, mask, mask);
  }
}

/** Learned seeds attend to a set. */
class PoolingByMultiheadAttention extends Module {
  readonly lin: Linear;
  /** [1, seeds, channels] */
  readonly seed: Parameter;
  readonly mab: MultiheadAttentionBlock;

  constructor(channels: number, seeds: number, options: BlockOptions) {
    super();
    const random = { generator: options.generator };
    this.lin = new Linear(channels, channels, random);
    this.seed = glorot([1, seeds, channels], random);
    this.mab = new MultiheadAttentionBlock(channels, options);
  }

  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
    return this.mab.forward(tf.tile(this.seed.value, [x.shape[0]!, 1, 1]), this.lin.forward(x, 'relu'), null, mask);
  }
}

export interface SetTransformerOptions {
  /** Default 1. */
  readonly numSeedPoints?: number;
  /** Default 1. */
  readonly numEncoderBlocks?: number;
  /** Default 1. */
  readonly numDecoderBlocks?: number;
  /** Default 1. */
  readonly heads?: number;
  /** What the seeds read, side by side; false for its mean. Default true. */
  readonly concat?: boolean;
  /** Default false. */
  readonly layerNorm?: boolean;
  /** Probability with which attention is dropped. Default 0. */
  readonly dropout?: number;
  readonly generator?: Generator;
}

/** Attention among the rows of each segment, then of learned seeds to them (Set Transformer, Lee et al. 2018, arXiv:1810.00825). */
export class SetTransformerAggregation extends Module implements Aggregation {
  readonly encoders: ModuleList<SetAttentionBlock>;
  readonly pma: PoolingByMultiheadAttention;
  readonly decoders: ModuleList<SetAttentionBlock>;
  readonly #concat: boolean;

  constructor(
    readonly channels: number,
    options: SetTransformerOptions = {},
  ) {
    super();
    const { numSeedPoints = 1, numEncoderBlocks = 1, numDecoderBlocks = 1, concat = true } = options;
    const { heads = 1, layerNorm = false, dropout = 0, generator } = options;
    const block = { heads, layerNorm, dropout, generator };
    const blocks = (length: number): ModuleList<SetAttentionBlock> =>
      new ModuleList(Array.from({ length }, () => new SetAttentionBlock(channels, block)));
    this.encoders = blocks(numEncoderBlocks);
    this.pma = new PoolingByMultiheadAttention(channels, numSeedPoints, block);
    this.decoders = blocks(numDecoderBlocks);
    this.#concat = concat;
  }

  /**
   * @param x float32 [segments.count, channels]
   * @returns float32 [segments.size, seeds * channels], or [segments.size, channels] without `concat`; zeros for a segment without rows
   */
  forward(x: tf.Tensor, segments: functional.Segments): tf.Tensor {
    check(
      x.rank === 2 && x.shape[1] === this.channels,
      () => `SetTransformerAggregation takes [rows, ${this.channels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const { x: sets, mask } = toDenseBatch(x, segments, segments.count === 0 ? { nodes: 1 } : {});
      const encoded = [...this.encoders].reduce((y, encoder) => encoder.forward(y, mask), sets);
      const read = this.pma.forward(encoded, mask);
      const decoded = [...this.decoders].reduce((y, decoder) => decoder.forward(y, null), read);
      const [batch, seeds, width] = decoded.shape as [number, number, number];
      const y: tf.Tensor = this.#concat ? tf.reshape(decoded, [batch, seeds * width]) : tf.mean(decoded, 1);
      return tf.mul(y, tf.cast(tf.any(mask, 1, true), 'float32'));
    });
  }
}
