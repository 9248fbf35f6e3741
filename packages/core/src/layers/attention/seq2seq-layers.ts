import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { forwardAll, Module, type UnaryModule } from '../../module/index.js';
import type { Generator } from '../../random/index.js';
import { activationByName } from '../activations/index.js';
import { Dropout } from '../basic/dropout.js';
import { Linear } from '../basic/linear.js';
import { LayerNorm } from '../normalization/index.js';
import type { LayerCache } from './key-value-cache.js';
import { ProjectedAttention, type ProjectedAttentionCall, type ProjectionBiases } from './projected-attention.js';

export interface Seq2SeqAttentionOptions {
  /** Of each part's result. Default 0. */
  readonly dropout?: number;
  readonly attentionDropout?: number;
  /** Normalise before each part (Whisper, Speech2Text) instead of after its residual (BART). Default false. */
  readonly normFirst?: boolean;
  readonly layerNormEps?: number;
  /** Which projections of attention add a bias. Default all. */
  readonly attentionBias?: boolean | ProjectionBiases;
  readonly generator?: Generator | undefined;
}

export interface Seq2SeqLayerOptions extends Seq2SeqAttentionOptions {
  /** Width of the feed-forward part. */
  readonly ffnDim: number;
  /** Between the feed-forward part's two maps. Default 0. */
  readonly activationDropout?: number;
  /** A name that activationByName knows. Default 'gelu'. */
  readonly activation?: string;
  /** Whether the feed-forward part's maps add a bias. Default true. */
  readonly feedForwardBias?: boolean;
}

const attentionOf = (width: number, heads: number, options: Seq2SeqAttentionOptions): ProjectedAttention =>
  new ProjectedAttention(width, heads, {
    bias: options.attentionBias ?? true,
    dropout: options.attentionDropout ?? 0,
    generator: options.generator,
  });

/** x + part(norm(x)), or norm(x + part(x)). */
function residual(normFirst: boolean, x: tf.Tensor, norm: LayerNorm, part: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  return normFirst ? tf.add(x, part(norm.forward(x))) : norm.forward(tf.add(x, part(x)));
}

/** One layer of an encoder, under the names of transformers' BART, Marian, Whisper, … */
export class Seq2SeqEncoderLayer extends Module {
  readonly self_attn: ProjectedAttention;
  readonly self_attn_layer_norm: LayerNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly final_layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly activation_dropout: Dropout;
  readonly normFirst: boolean;
  readonly #activation: UnaryModule;

  constructor(width: number, heads: number, options: Seq2SeqLayerOptions) {
    super();
    const { ffnDim, dropout = 0, activationDropout = 0, activation = 'gelu', layerNormEps: eps = 1e-5 } = options;
    const random = { bias: options.feedForwardBias ?? true, generator: options.generator };
    this.self_attn = attentionOf(width, heads, options);
    this.self_attn_layer_norm = new LayerNorm(width, { eps });
    this.fc1 = new Linear(width, ffnDim, random);
    this.fc2 = new Linear(ffnDim, width, random);
    this.final_layer_norm = new LayerNorm(width, { eps });
    this.dropout = new Dropout(dropout, { generator: options.generator });
    this.activation_dropout = new Dropout(activationDropout, { generator: options.generator });
    this.normFirst = options.normFirst ?? false;
    this.#activation = activationByName(activation);
  }

  /** x [N, L, width] to the same shape. */
  forward(x: tf.Tensor, call: ProjectedAttentionCall = {}): tf.Tensor {
    return scope(() => {
      const attended = residual(this.normFirst, x, this.self_attn_layer_norm, (y) =>
        this.dropout.forward(this.self_attn.forward(y, call).output),
      );
      return residual(this.normFirst, attended, this.final_layer_norm, (y) =>
        forwardAll([this.fc1, this.#activation, this.activation_dropout, this.fc2, this.dropout], y),
      );
    });
  }
}

export interface Seq2SeqDecoderCall {
  /** [N, S, width]: the encoder's states. Without them nothing is read. */
  readonly encoderStates?: tf.Tensor | null;
  /** [N, S]: which of them count. */
  readonly encoderMask?: tf.Tensor | null;
  /** [N, L]: which tokens count, those in the cache too. */
  readonly keyMask?: tf.Tensor | null;
  /** Of earlier steps; see {@link ProjectedAttention}. */
  readonly cache?: LayerCache | null;
  /** Return the weights of both attentions. Default false. */
  readonly needWeights?: boolean;
}

export interface Seq2SeqDecoderResult {
  /** [N, L, width] */
  readonly states: tf.Tensor;
  /** [N, heads, L, L]; null when not asked for. */
  readonly selfWeights: tf.Tensor | null;
  /** [N, heads, L, S]; null when not asked for, or without an encoder. */
  readonly crossWeights: tf.Tensor | null;
}

/** What layers of a decoder share: attention to what came before, and to an encoder's states. They differ in the names behind it. */
export abstract class Seq2SeqDecoderBlock extends Module {
  readonly self_attn: ProjectedAttention;
  readonly self_attn_layer_norm: LayerNorm;
  readonly encoder_attn: ProjectedAttention;
  readonly encoder_attn_layer_norm: LayerNorm;
  readonly final_layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly normFirst: boolean;

  constructor(width: number, heads: number, options: Seq2SeqAttentionOptions) {
    super();
    const { layerNormEps: eps = 1e-5, dropout = 0 } = options;
    this.self_attn = attentionOf(width, heads, options);
    this.self_attn_layer_norm = new LayerNorm(width, { eps });
    this.encoder_attn = attentionOf(width, heads, options);
    this.encoder_attn_layer_norm = new LayerNorm(width, { eps });
    this.final_layer_norm = new LayerNorm(width, { eps });
    this.dropout = new Dropout(dropout, { generator: options.generator });
    this.normFirst = options.normFirst ?? false;
  }

  /** With its own dropout at the end. */
  protected abstract feedForward(x: tf.Tensor): tf.Tensor;

  /** x [N, L, width], of which each place sees what comes before it. */
  forward(x: tf.Tensor, call: Seq2SeqDecoderCall = {}): Seq2SeqDecoderResult {
    const { encoderStates = null, encoderMask = null, keyMask = null, cache = null, needWeights = false } = call;
    return scope(() => {
      let selfWeights = null as tf.Tensor | null;
      let crossWeights = null as tf.Tensor | null;
      let states = residual(this.normFirst, x, this.self_attn_layer_norm, (y) => {
        const attended = this.self_attn.forward(y, {
          isCausal: true,
          keyMask,
          cache: cache?.self ?? null,
          needWeights,
        });
        selfWeights = attended.weights;
        return this.dropout.forward(attended.output);
      });
      if (encoderStates !== null) {
        states = residual(this.normFirst, states, this.encoder_attn_layer_norm, (y) => {
          const read = this.encoder_attn.forward(y, {
            keyValueStates: encoderStates,
            keyMask: encoderMask,
            cache: cache?.cross ?? null,
            needWeights,
          });
          crossWeights = read.weights;
          return this.dropout.forward(read.output);
        });
      }
      states = residual(this.normFirst, states, this.final_layer_norm, (y) => this.feedForward(y));
      return { states, selfWeights, crossWeights };
    });
  }
}

/** One layer of a decoder, under the names of transformers' BART, Marian, Whisper, … */
export class Seq2SeqDecoderLayer extends Seq2SeqDecoderBlock {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly activation_dropout: Dropout;
  readonly #activation: UnaryModule;

  constructor(width: number, heads: number, options: Seq2SeqLayerOptions) {
    super(width, heads, options);
    const { ffnDim, activationDropout = 0, activation = 'gelu' } = options;
    const random = { bias: options.feedForwardBias ?? true, generator: options.generator };
    this.fc1 = new Linear(width, ffnDim, random);
    this.fc2 = new Linear(ffnDim, width, random);
    this.activation_dropout = new Dropout(activationDropout, { generator: options.generator });
    this.#activation = activationByName(activation);
  }

  protected feedForward(x: tf.Tensor): tf.Tensor {
    return forwardAll([this.fc1, this.#activation, this.activation_dropout, this.fc2, this.dropout], x);
  }
}

/** A decoder's inputs of its targets: one place later, `start` first; what is left out of the loss (-100) becomes padding. */
export function shiftTokensRight(labels: tf.Tensor, pad: number, start: number): tf.Tensor {
  return scope(() => {
    const [n, length] = labels.shape as [number, number];
    const ids = tf.cast(labels, 'int32');
    const before = tf.slice(ids, [0, 0], [n, length - 1]);
    const shifted = tf.concat([tf.fill([n, 1], start, 'int32'), before], 1);
    return tf.where(tf.equal(shifted, tf.scalar(-100, 'int32')), tf.scalar(pad, 'int32'), shifted);
  });
}
