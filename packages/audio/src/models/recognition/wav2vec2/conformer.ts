import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  BatchNorm1d,
  check,
  Conv1d,
  Dropout,
  functional,
  init,
  initialiseNormal,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import {
  LayerDrop,
  PositionalConvolution,
  RelativeAttention,
  relativePlaces,
  SpeechFeedForward,
} from '../../../layers/speech/index.js';
import type { Wav2Vec2Settings } from './config.js';
import type { SpeechEncoder } from './encoder.js';

class ConvolutionModule extends Module implements UnaryModule {
  readonly layer_norm: LayerNorm;
  readonly pointwise_conv1: Conv1d;
  readonly depthwise_conv: Conv1d;
  readonly batch_norm: BatchNorm1d;
  readonly pointwise_conv2: Conv1d;
  readonly dropout: Dropout;
  readonly #activation: UnaryModule;

  constructor(settings: Wav2Vec2Settings, generator?: Generator) {
    super();
    const { hidden_size: width, conv_depthwise_kernel_size: kernelSize } = settings;
    check(kernelSize % 2 === 1, () => `conv_depthwise_kernel_size must be odd, got ${kernelSize}`);
    const conv = (outputs: number, kernelSize: number, groups: number): Conv1d => {
      const layer = new Conv1d(width, outputs, {
        kernelSize,
        groups,
        padding: (kernelSize - 1) / 2,
        bias: false,
        generator,
      });
      init.kaimingNormal(layer.weight, { generator });
      return layer;
    };
    this.layer_norm = new LayerNorm(width);
    this.pointwise_conv1 = conv(2 * width, 1, 1);
    this.depthwise_conv = conv(width, kernelSize, width);
    this.batch_norm = new BatchNorm1d(width);
    this.pointwise_conv2 = conv(width, 1, 1);
    this.dropout = new Dropout(settings.conformer_conv_dropout, { generator });
    this.#activation = activationByName(settings.hidden_act);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const gated = functional.glu(this.pointwise_conv1.forward(this.layer_norm.forward(x)));
      const mixed = this.#activation.forward(this.batch_norm.forward(this.depthwise_conv.forward(gated)));
      return this.dropout.forward(this.pointwise_conv2.forward(mixed));
    });
  }
}

/** What tells places apart: sinusoids of the distances, or the rotation that queries and keys are made behind. */
interface Places {
  readonly distances: tf.Tensor | null;
  readonly rotate: (x: tf.Tensor) => tf.Tensor;
}

class ConformerLayer extends Module {
  readonly ffn1_layer_norm: LayerNorm;
  readonly ffn1: SpeechFeedForward;
  readonly self_attn_layer_norm: LayerNorm;
  readonly self_attn: RelativeAttention;
  readonly self_attn_dropout: Dropout;
  readonly conv_module: ConvolutionModule;
  readonly ffn2_layer_norm: LayerNorm;
  readonly ffn2: SpeechFeedForward;
  readonly final_layer_norm: LayerNorm;

  constructor(settings: Wav2Vec2Settings, generator?: Generator) {
    super();
    const { hidden_size: width, intermediate_size, attention_dropout: dropout } = settings;
    const feedForward = (): SpeechFeedForward =>
      new SpeechFeedForward(width, intermediate_size, {
        activation: settings.hidden_act,
        activationDropout: settings.activation_dropout,
        hiddenDropout: settings.hidden_dropout,
        generator,
      });
    this.ffn1_layer_norm = new LayerNorm(width);
    this.ffn1 = feedForward();
    this.self_attn_layer_norm = new LayerNorm(width);
    const relative = settings.position_embeddings_type === 'relative';
    this.self_attn = new RelativeAttention(width, settings.num_attention_heads, {
      dropout,
      relative,
      biases: 'xavier',
      generator,
    });
    this.self_attn_dropout = new Dropout(dropout, { generator });
    this.conv_module = new ConvolutionModule(settings, generator);
    this.ffn2_layer_norm = new LayerNorm(width);
    this.ffn2 = feedForward();
    this.final_layer_norm = new LayerNorm(width);
  }

  forward(x: tf.Tensor, { distances, rotate }: Places, bias: tf.Tensor | null): tf.Tensor {
    return scope(() => {
      const half = (y: tf.Tensor, norm: LayerNorm, part: UnaryModule): tf.Tensor =>
        tf.add(tf.mul(part.forward(norm.forward(y)), 0.5), y);
      const first = half(x, this.ffn1_layer_norm, this.ffn1);
      const normed = this.self_attn_layer_norm.forward(first);
      const attended = tf.add(
        first,
        this.self_attn_dropout.forward(
          this.self_attn.forward(normed, { places: distances, mask: bias, asked: rotate(normed) }).output,
        ),
      );
      const mixed = tf.add(attended, this.conv_module.forward(attended));
      return this.final_layer_norm.forward(half(mixed, this.ffn2_layer_norm, this.ffn2));
    });
  }
}

/** Conformer layers (Gulati et al. 2020, arXiv:2005.08100) in the place of Transformer layers, as fairseq's wav2vec 2.0 has them. */
export class ConformerEncoder extends Module implements SpeechEncoder {
  /** In checkpoints, though nothing reads it. */
  readonly pos_conv_embed: PositionalConvolution;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly layers: ModuleList<ConformerLayer>;
  readonly #settings: Wav2Vec2Settings;
  readonly #drop: LayerDrop;

  /** @throws InvalidArgumentError for an unknown position_embeddings_type or an even convolution */
  constructor(settings: Wav2Vec2Settings, generator?: Generator) {
    super();
    const { hidden_size, num_conv_pos_embeddings, num_conv_pos_embedding_groups, position_embeddings_type } = settings;
    check(
      position_embeddings_type === null || ['relative', 'rotary'].includes(position_embeddings_type),
      () => `position_embeddings_type must be 'relative', 'rotary' or null, got '${String(position_embeddings_type)}'`,
    );
    this.pos_conv_embed = new PositionalConvolution(
      hidden_size,
      num_conv_pos_embeddings,
      num_conv_pos_embedding_groups,
      { activation: settings.feat_extract_activation, generator },
    );
    this.layer_norm = new LayerNorm(hidden_size, { eps: settings.layer_norm_eps });
    this.dropout = new Dropout(settings.hidden_dropout, { generator });
    this.layers = new ModuleList(
      Array.from({ length: settings.num_hidden_layers }, () => new ConformerLayer(settings, generator)),
    );
    this.#settings = settings;
    this.#drop = new LayerDrop(settings.layerdrop, generator);
    initialiseNormal(this.layers, settings.initializer_range, generator, 'linear');
  }

  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor[] {
    return scope(() => {
      const [n, frames] = x.shape as [number, number, number];
      const clean = mask === null ? x : tf.mul(x, tf.expandDims(mask, -1));
      // far below every score, yet finite
      const bias = mask === null ? null : tf.reshape(tf.mul(tf.sub(1, mask), -1e30), [n, 1, 1, frames]);
      const places = this.#places(frames);
      const states = [this.dropout.forward(clean)];
      for (const layer of this.layers) {
        const last = states.at(-1)!;
        states.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, places, bias));
      }
      states.push(this.layer_norm.forward(states.pop()!));
      return states;
    });
  }

  #places(frames: number): Places {
    const {
      hidden_size: width,
      num_attention_heads: heads,
      position_embeddings_type,
      rotary_embedding_base,
    } = this.#settings;
    const distances = position_embeddings_type === 'relative' ? relativePlaces(frames, width) : null;
    if (position_embeddings_type !== 'rotary') return { distances, rotate: (x) => x };
    const positions = Array.from({ length: frames }, (_, i) => i);
    const { cos, sin } = functional.rotaryTables(positions, width / heads, rotary_embedding_base);
    const [byHead, sines] = [tf.expandDims(cos, 1), tf.expandDims(sin, 1)];
    const rotate = (x: tf.Tensor): tf.Tensor => {
      const split = tf.reshape(x, [x.shape[0]!, frames, heads, width / heads]);
      return tf.reshape(functional.applyRotary(split, byHead, sines), x.shape);
    };
    return { distances, rotate };
  }
}
