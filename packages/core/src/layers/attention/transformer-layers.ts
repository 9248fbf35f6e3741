import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { forwardAll, Module, type UnaryModule } from '../../module/index.js';
import type { Generator } from '../../random/index.js';
import { activationByName } from '../activations/index.js';
import { Dropout } from '../basic/dropout.js';
import { Linear } from '../basic/linear.js';
import { LayerNorm } from '../normalization/index.js';
import { MultiheadAttention, type MultiheadAttentionCall } from './multihead-attention.js';

export interface TransformerLayerOptions {
  /** Width of the feed-forward part. Default 2048. */
  readonly dimFeedforward?: number;
  /** Default 0.1. */
  readonly dropout?: number;
  /** A name that activationByName knows, or a module. Default 'relu'. */
  readonly activation?: string | UnaryModule;
  readonly layerNormEps?: number;
  /** Inputs are [N, L, E] instead of torch's default [L, N, E]. Default false. */
  readonly batchFirst?: boolean;
  /** Normalise before each part instead of after its residual. Default false. */
  readonly normFirst?: boolean;
  readonly bias?: boolean;
  readonly generator?: Generator;
}

type Masks = Pick<MultiheadAttentionCall, 'attnMask' | 'keyPaddingMask' | 'isCausal'>;

/** What encoder and decoder layers share: self-attention, feed-forward, and how residuals and norms are arranged. */
abstract class TransformerLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  readonly #activation: UnaryModule;

  constructor(dModel: number, heads: number, options: TransformerLayerOptions) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, activation = 'relu', layerNormEps = 1e-5, bias = true } = options;
    const random = options.generator === undefined ? {} : { generator: options.generator };
    this.self_attn = new MultiheadAttention(dModel, heads, {
      dropout,
      bias,
      batchFirst: options.batchFirst ?? false,
      ...random,
    });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, ...random });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, ...random });
    this.norm1 = new LayerNorm(dModel, { eps: layerNormEps, bias });
    this.norm2 = new LayerNorm(dModel, { eps: layerNormEps, bias });
    this.dropout = new Dropout(dropout, random);
    this.dropout1 = new Dropout(dropout, random);
    this.dropout2 = new Dropout(dropout, random);
    this.normFirst = options.normFirst ?? false;
    this.#activation = typeof activation === 'string' ? activationByName(activation) : activation;
  }

  /** x + part(norm(x)), or norm(x + part(x)). */
  protected residual(x: tf.Tensor, norm: LayerNorm, part: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
    return this.normFirst ? tf.add(x, part(norm.forward(x))) : norm.forward(tf.add(x, part(x)));
  }

  protected attendSelf(x: tf.Tensor, masks: Masks): tf.Tensor {
    return this.dropout1.forward(this.self_attn.forward(x, x, x, { ...masks, needWeights: false }).output);
  }

  protected feedForward(x: tf.Tensor, last: Dropout): tf.Tensor {
    return forwardAll([this.linear1, this.#activation, this.dropout, this.linear2, last], x);
  }
}

/** One layer of a Transformer encoder (Vaswani et al. 2017, arXiv:1706.03762), as torch.nn.TransformerEncoderLayer. */
export class TransformerEncoderLayer extends TransformerLayer {
  constructor(dModel: number, heads: number, options: TransformerLayerOptions = {}) {
    super(dModel, heads, options);
  }

  /** x [L, N, E] (or batch first); the same shape back. Masks as in {@link MultiheadAttention}. */
  forward(x: tf.Tensor, masks: Masks = {}): tf.Tensor {
    return scope(() => {
      const attended = this.residual(x, this.norm1, (y) => this.attendSelf(y, masks));
      return this.residual(attended, this.norm2, (y) => this.feedForward(y, this.dropout2));
    });
  }
}

/** One layer of a Transformer decoder (Vaswani et al. 2017, arXiv:1706.03762), as torch.nn.TransformerDecoderLayer. */
export class TransformerDecoderLayer extends TransformerLayer {
  readonly multihead_attn: MultiheadAttention;
  readonly norm3: LayerNorm;
  readonly dropout3: Dropout;

  constructor(dModel: number, heads: number, options: TransformerLayerOptions = {}) {
    super(dModel, heads, options);
    const { dropout = 0.1, layerNormEps = 1e-5, bias = true, batchFirst = false } = options;
    const random = options.generator === undefined ? {} : { generator: options.generator };
    this.multihead_attn = new MultiheadAttention(dModel, heads, { dropout, bias, batchFirst, ...random });
    this.norm3 = new LayerNorm(dModel, { eps: layerNormEps, bias });
    this.dropout3 = new Dropout(dropout, random);
  }

  /** x [L, N, E] attends to itself under `masks`, and to memory [S, N, E] under `memoryMasks`; the shape of x back. */
  forward(x: tf.Tensor, memory: tf.Tensor, masks: Masks = {}, memoryMasks: Masks = {}): tf.Tensor {
    return scope(() => {
      const attended = this.residual(x, this.norm1, (y) => this.attendSelf(y, masks));
      const read = this.residual(attended, this.norm2, (y) =>
        this.dropout2.forward(
          this.multihead_attn.forward(y, memory, memory, { ...memoryMasks, needWeights: false }).output,
        ),
      );
      return this.residual(read, this.norm3, (y) => this.feedForward(y, this.dropout3));
    });
  }
}
