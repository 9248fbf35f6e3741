import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  Dropout,
  LayerNorm,
  Linear,
  Module,
  ProjectedAttention,
  scope,
  type Generator,
  type ProjectedAttentionCall,
  type UnaryModule,
} from '@hourglass/core';

export interface SpeechFeedForwardOptions {
  /** A name that activationByName knows. */
  readonly activation: string;
  /** Between the two maps, and behind them. Default 0. */
  readonly activationDropout?: number;
  readonly hiddenDropout?: number;
  readonly generator?: Generator | undefined;
}

/** Two linear maps under the names that wav2vec 2.0 and those after it have. */
export class SpeechFeedForward extends Module implements UnaryModule {
  readonly intermediate_dropout: Dropout;
  readonly intermediate_dense: Linear;
  readonly output_dense: Linear;
  readonly output_dropout: Dropout;
  readonly #activation: UnaryModule;

  constructor(width: number, inner: number, options: SpeechFeedForwardOptions) {
    super();
    const { activation, activationDropout = 0, hiddenDropout = 0, generator } = options;
    this.intermediate_dropout = new Dropout(activationDropout, { generator });
    this.intermediate_dense = new Linear(width, inner, { generator });
    this.output_dense = new Linear(inner, width, { generator });
    this.output_dropout = new Dropout(hiddenDropout, { generator });
    this.#activation = activationByName(activation);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const inner = this.#activation.forward(this.intermediate_dense.forward(x));
      return this.output_dropout.forward(this.output_dense.forward(this.intermediate_dropout.forward(inner)));
    });
  }
}

/** The part that is trained for each language in MMS (Pratap et al. 2023, arXiv:2305.13516). */
class AttentionAdapter extends Module implements UnaryModule {
  readonly norm: LayerNorm;
  readonly linear_1: Linear;
  readonly linear_2: Linear;

  constructor(hidden: number, inner: number, generator?: Generator) {
    super();
    this.norm = new LayerNorm(hidden);
    this.linear_1 = new Linear(hidden, inner, { generator });
    this.linear_2 = new Linear(inner, hidden, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.linear_2.forward(this.linear_1.forward(this.norm.forward(x), 'relu')));
  }
}

export interface SpeechEncoderLayerOptions extends SpeechFeedForwardOptions {
  readonly attentionDropout?: number;
  readonly eps?: number;
  /** Normalise before each part, not after its residual. Default false. */
  readonly normFirst?: boolean;
  /** Other attention than that of queries and keys alone. */
  readonly attention?: ProjectedAttention | undefined;
  /** Width of a small feed-forward part behind a layer that normalises first; null for none. */
  readonly adapterDim?: number | null;
}

/** Attention and feed-forward, under the names that wav2vec 2.0 and those after it have. */
export class SpeechEncoderLayer extends Module {
  readonly attention: ProjectedAttention;
  readonly dropout: Dropout;
  readonly layer_norm: LayerNorm;
  readonly feed_forward: SpeechFeedForward;
  readonly final_layer_norm: LayerNorm;
  readonly adapter_layer: AttentionAdapter | null;
  readonly normFirst: boolean;

  constructor(width: number, heads: number, inner: number, options: SpeechEncoderLayerOptions) {
    super();
    const { attentionDropout = 0, hiddenDropout = 0, eps = 1e-5, adapterDim = null, generator } = options;
    this.normFirst = options.normFirst ?? false;
    this.attention =
      options.attention ?? new ProjectedAttention(width, heads, { dropout: attentionDropout, generator });
    this.dropout = new Dropout(hiddenDropout, { generator });
    this.layer_norm = new LayerNorm(width, { eps });
    this.feed_forward = new SpeechFeedForward(width, inner, options);
    this.final_layer_norm = new LayerNorm(width, { eps });
    this.adapter_layer =
      this.normFirst && adapterDim !== null ? new AttentionAdapter(width, adapterDim, generator) : null;
  }

  /** x [N, frames, width] to the same shape. */
  forward(x: tf.Tensor, call: ProjectedAttentionCall): tf.Tensor {
    return scope(() => {
      const attend = (states: tf.Tensor): tf.Tensor =>
        this.dropout.forward(this.attention.forward(states, call).output);
      if (!this.normFirst) {
        const attended = this.layer_norm.forward(tf.add(x, attend(x)));
        return this.final_layer_norm.forward(tf.add(attended, this.feed_forward.forward(attended)));
      }
      const attended = tf.add(x, attend(this.layer_norm.forward(x)));
      const fed = tf.add(attended, this.feed_forward.forward(this.final_layer_norm.forward(attended)));
      return this.adapter_layer === null ? fed : tf.add(fed, this.adapter_layer.forward(fed));
    });
  }
}
