import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  Conv1d,
  Dropout,
  Embedding,
  functional,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';
import { RelativeAttention, relativePlaces } from '../../../layers/speech/index.js';
import type { ConformerSettings, FastSpeech2Settings } from './config.js';

/** Two convolutions in place of linear maps. */
class ConvFeedForward extends Module {
  readonly conv1: Conv1d;
  readonly conv2: Conv1d;
  readonly dropout: Dropout;

  constructor(width: number, inner: number, kernelSize: number, dropout: number, generator?: Generator) {
    super();
    const padding = (kernelSize - 1) / 2;
    this.conv1 = new Conv1d(width, inner, { kernelSize, padding, generator });
    this.conv2 = new Conv1d(inner, width, { kernelSize, padding, generator });
    this.dropout = new Dropout(dropout, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.conv2.forward(this.dropout.forward(functional.relu(this.conv1.forward(x))));
  }
}

class ConvolutionModule extends Module {
  readonly pointwise_conv1: Conv1d;
  readonly depthwise_conv: Conv1d;
  readonly norm: BatchNorm1d;
  readonly pointwise_conv2: Conv1d;

  constructor(width: number, kernelSize: number, bias: boolean, generator?: Generator) {
    super();
    this.pointwise_conv1 = new Conv1d(width, 2 * width, { kernelSize: 1, bias, generator });
    this.depthwise_conv = new Conv1d(width, width, {
      kernelSize,
      padding: (kernelSize - 1) / 2,
      groups: width,
      bias,
      generator,
    });
    this.norm = new BatchNorm1d(width);
    this.pointwise_conv2 = new Conv1d(width, width, { kernelSize: 1, bias, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    const gated = functional.glu(this.pointwise_conv1.forward(x));
    return this.pointwise_conv2.forward(functional.silu(this.norm.forward(this.depthwise_conv.forward(gated))));
  }
}

/** Feed-forward halves around attention and convolution (Gulati et al. 2020, arXiv:2005.08100), as ESPnet arranges them. */
class ConformerLayer extends Module {
  readonly self_attn: RelativeAttention;
  readonly feed_forward: ConvFeedForward;
  /** The first half; null where the second one is whole. */
  readonly feed_forward_macaron: ConvFeedForward | null;
  readonly ff_macaron_layer_norm: LayerNorm | null;
  readonly conv_module: ConvolutionModule | null;
  readonly conv_layer_norm: LayerNorm | null;
  readonly final_layer_norm: LayerNorm | null;
  readonly ff_layer_norm: LayerNorm;
  readonly self_attn_layer_norm: LayerNorm;
  readonly concat_linear: Linear | null;
  readonly dropout: Dropout;
  readonly #normFirst: boolean;

  constructor(settings: FastSpeech2Settings, half: ConformerSettings, generator?: Generator) {
    super();
    const { hidden_size: width, positionwise_conv_kernel_size: kernelSize } = settings;
    const { linearUnits, dropout } = half;
    const feedForward = (): ConvFeedForward => new ConvFeedForward(width, linearUnits, kernelSize, dropout, generator);
    const norm = (): LayerNorm => new LayerNorm(width);
    this.self_attn = new RelativeAttention(width, half.heads, {
      dropout: half.attentionDropout,
      biases: 'xavier',
      generator,
    });
    this.feed_forward = feedForward();
    const macaron = settings.use_macaron_style_in_conformer;
    this.feed_forward_macaron = macaron ? feedForward() : null;
    this.ff_macaron_layer_norm = macaron ? norm() : null;
    const convolves = settings.use_cnn_in_conformer;
    this.conv_module = convolves
      ? new ConvolutionModule(width, half.kernelSize, settings.convolution_bias, generator)
      : null;
    this.conv_layer_norm = convolves ? norm() : null;
    this.final_layer_norm = convolves ? norm() : null;
    this.ff_layer_norm = norm();
    this.self_attn_layer_norm = norm();
    this.concat_linear = half.concatAfter ? new Linear(2 * width, width, { generator }) : null;
    this.dropout = new Dropout(dropout, { generator });
    this.#normFirst = half.normalizeBefore;
  }

  /** x [N, L, width]; the rest as {@link RelativeAttention} takes it. */
  forward(x: tf.Tensor, places: tf.Tensor, bias: tf.Tensor | null): tf.Tensor {
    return scope(() => {
      let y = x;
      const factor = this.feed_forward_macaron === null ? 1 : 0.5;
      if (this.feed_forward_macaron !== null)
        y = this.#residual(y, this.ff_macaron_layer_norm!, (z) =>
          tf.mul(this.dropout.forward(this.feed_forward_macaron!.forward(z)), factor),
        );
      y = this.#residual(y, this.self_attn_layer_norm, (z) => {
        const attended = this.self_attn.forward(z, { places, mask: bias }).output;
        return this.concat_linear === null
          ? this.dropout.forward(attended)
          : this.concat_linear.forward(tf.concat([z, attended], -1));
      });
      if (this.conv_module !== null)
        y = this.#residual(y, this.conv_layer_norm!, (z) => this.dropout.forward(this.conv_module!.forward(z)));
      y = this.#residual(y, this.ff_layer_norm, (z) =>
        tf.mul(this.dropout.forward(this.feed_forward.forward(z)), factor),
      );
      return this.final_layer_norm === null ? y : this.final_layer_norm.forward(y);
    });
  }

  #residual(x: tf.Tensor, norm: LayerNorm, part: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
    return this.#normFirst ? tf.add(x, part(norm.forward(x))) : norm.forward(tf.add(x, part(x)));
  }
}

/** Conformer layers on embedded tokens, or on states. */
export class FastSpeech2Conformer extends Module {
  /** Null where states are given. */
  readonly embed: Embedding | null;
  readonly conformer_layers: ModuleList<ConformerLayer>;
  readonly dropout: Dropout;
  readonly #width: number;

  constructor(settings: FastSpeech2Settings, half: ConformerSettings, embeds: boolean, generator?: Generator) {
    super();
    const { vocab_size, hidden_size } = settings;
    this.embed = embeds ? new Embedding(vocab_size, hidden_size, { paddingIdx: 0, generator }) : null;
    this.conformer_layers = new ModuleList(
      Array.from({ length: half.layers }, () => new ConformerLayer(settings, half, generator)),
    );
    this.dropout = new Dropout(half.positionalDropout, { generator });
    this.#width = hidden_size;
  }

  /**
   * @param x int32 [N, L] tokens, or float32 [N, L, hidden_size]
   * @param mask [N, L]: what is not 0 counts; null for all
   * @returns what each layer was given, and last the result
   */
  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor[] {
    return scope(() => {
      const embedded = this.embed === null ? x : this.embed.forward(x);
      const [n, length] = embedded.shape as [number, number, number];
      const places = this.dropout.forward(relativePlaces(length, this.#width));
      const bias = mask === null ? null : tf.reshape(hiding(mask), [n, 1, 1, length]);
      const states = [this.dropout.forward(tf.mul(embedded, Math.sqrt(this.#width)))];
      for (const layer of this.conformer_layers) states.push(layer.forward(states.at(-1)!, places, bias));
      return states;
    });
  }
}

function hiding(mask: tf.Tensor): tf.Tensor {
  const counts = tf.notEqual(mask, tf.zerosLike(mask));
  return tf.where(counts, tf.zeros(mask.shape), tf.fill(mask.shape, -Infinity));
}
