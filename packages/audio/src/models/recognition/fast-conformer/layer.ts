import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  Conv1d,
  Dropout,
  functional,
  LayerNorm,
  Linear,
  Module,
  scope,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import { RelativeAttention, type KeysAndValues } from '../../../layers/speech/index.js';

/** What a layer carries from one chunk to the next. */
export interface FastConformerLayerState extends KeysAndValues {
  /** float32 [N, kernel - 1, features]: what the depthwise convolution saw last. */
  readonly convolution: tf.Tensor;
}

export interface FastConformerLayerOptions {
  readonly heads: number;
  readonly ffDim: number;
  readonly kernelSize: number;
  readonly norm: 'layer_norm' | 'batch_norm';
  readonly dropout: number;
  readonly dropoutAtt: number;
  readonly generator: Generator | undefined;
}

class FeedForward extends Module implements UnaryModule {
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;

  constructor(features: number, hidden: number, dropout: number, generator?: Generator) {
    super();
    this.linear1 = new Linear(features, hidden, { generator });
    this.dropout = new Dropout(dropout, { generator });
    this.linear2 = new Linear(hidden, features, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.linear2.forward(this.dropout.forward(functional.silu(this.linear1.forward(x)))));
  }
}

/** Convolution over a frame and those before it. */
class CausalConvolutionModule extends Module {
  readonly pointwise_conv1: Conv1d;
  readonly depthwise_conv: Conv1d;
  readonly batch_norm: UnaryModule;
  readonly pointwise_conv2: Conv1d;

  constructor(
    readonly features: number,
    readonly kernelSize: number,
    norm: FastConformerLayerOptions['norm'],
    generator?: Generator,
  ) {
    super();
    this.pointwise_conv1 = new Conv1d(features, 2 * features, { kernelSize: 1, generator });
    this.depthwise_conv = new Conv1d(features, features, { kernelSize, groups: features, generator });
    // NeMo's name, whichever norm it is
    this.batch_norm = norm === 'layer_norm' ? new LayerNorm(features) : new BatchNorm1d(features);
    this.pointwise_conv2 = new Conv1d(features, features, { kernelSize: 1, generator });
  }

  /** @param before float32 [N, kernel - 1, features]; null: nothing was before */
  forward(x: tf.Tensor, before: tf.Tensor | null): { output: tf.Tensor; last: tf.Tensor } {
    return scope(() => {
      const [n, frames] = x.shape as [number, number];
      const gated = functional.glu(this.pointwise_conv1.forward(x));
      const kept = this.kernelSize - 1;
      const all = kept === 0 ? gated : tf.concat([before ?? tf.zeros([n, kept, this.features]), gated], 1);
      const y = functional.silu(this.batch_norm.forward(this.depthwise_conv.forward(all)));
      return {
        output: this.pointwise_conv2.forward(y),
        last: tf.slice(all, [0, frames, 0], [n, kept, this.features]),
      };
    });
  }
}

/** A Conformer layer with relative attention and causal convolution, with NeMo's parameter names. */
export class FastConformerLayer extends Module {
  readonly norm_feed_forward1: LayerNorm;
  readonly feed_forward1: FeedForward;
  readonly norm_self_att: LayerNorm;
  readonly self_attn: RelativeAttention;
  readonly norm_conv: LayerNorm;
  readonly conv: CausalConvolutionModule;
  readonly norm_feed_forward2: LayerNorm;
  readonly feed_forward2: FeedForward;
  readonly norm_out: LayerNorm;
  readonly dropout: Dropout;

  constructor(features: number, options: FastConformerLayerOptions) {
    super();
    const { heads, ffDim, kernelSize, norm, dropout, dropoutAtt, generator } = options;
    this.norm_feed_forward1 = new LayerNorm(features);
    this.feed_forward1 = new FeedForward(features, ffDim, dropout, generator);
    this.norm_self_att = new LayerNorm(features);
    this.self_attn = new RelativeAttention(features, heads, { dropout: dropoutAtt, generator });
    this.norm_conv = new LayerNorm(features);
    this.conv = new CausalConvolutionModule(features, kernelSize, norm, generator);
    this.norm_feed_forward2 = new LayerNorm(features);
    this.feed_forward2 = new FeedForward(features, ffDim, dropout, generator);
    this.norm_out = new LayerNorm(features);
    this.dropout = new Dropout(dropout, { generator });
  }

  /**
   * @param x float32 [N, T, features]
   * @param mask as {@link RelativeAttention} takes it
   * @param state of the frames before; null: none
   * @param keep frames whose keys and values the state shall hold
   */
  forward(
    x: tf.Tensor,
    mask: tf.Tensor | null,
    state: FastConformerLayerState | null = null,
    keep = 0,
  ): { output: tf.Tensor; state: FastConformerLayerState } {
    return scope(() => {
      const half = (x: tf.Tensor, norm: LayerNorm, part: FeedForward): tf.Tensor =>
        tf.add(x, tf.mul(this.dropout.forward(part.forward(norm.forward(x))), 0.5));
      const first = half(x, this.norm_feed_forward1, this.feed_forward1);
      const attended = this.self_attn.forward(this.norm_self_att.forward(first), { mask, cache: state });
      const second = tf.add(first, this.dropout.forward(attended.output));
      const convolved = this.conv.forward(this.norm_conv.forward(second), state?.convolution ?? null);
      const third = tf.add(second, this.dropout.forward(convolved.output));
      const last = (x: tf.Tensor): tf.Tensor => {
        const [n, length, features] = x.shape as [number, number, number];
        const count = Math.min(keep, length);
        return tf.slice(x, [0, length - count, 0], [n, count, features]);
      };
      return {
        output: this.norm_out.forward(half(third, this.norm_feed_forward2, this.feed_forward2)),
        state: { key: last(attended.key), value: last(attended.value), convolution: convolved.last },
      };
    });
  }
}
