import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  defaultGenerator,
  Dropout,
  init,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  ProjectedAttention,
  scope,
  type Generator,
  type ProjectedAttentionCall,
  type UnaryModule,
} from '@hourglass/core';
import { PositionalConvolution } from '../../../layers/speech/index.js';
import type { SpeechEncoderSettings } from './config.js';

class FeedForward extends Module implements UnaryModule {
  readonly intermediate_dropout: Dropout;
  readonly intermediate_dense: Linear;
  readonly output_dense: Linear;
  readonly output_dropout: Dropout;
  readonly #activation: UnaryModule;

  constructor(settings: SpeechEncoderSettings, generator?: Generator) {
    super();
    const { hidden_size, intermediate_size } = settings;
    this.intermediate_dropout = new Dropout(settings.activation_dropout, { generator });
    this.intermediate_dense = new Linear(hidden_size, intermediate_size, { generator });
    this.output_dense = new Linear(intermediate_size, hidden_size, { generator });
    this.output_dropout = new Dropout(settings.hidden_dropout, { generator });
    this.#activation = activationByName(settings.hidden_act);
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

/** Attention and feed-forward, normalised after each residual or, where `do_stable_layer_norm` is set, before each part. */
class EncoderLayer extends Module {
  readonly attention: ProjectedAttention;
  readonly dropout: Dropout;
  readonly layer_norm: LayerNorm;
  readonly feed_forward: FeedForward;
  readonly final_layer_norm: LayerNorm;
  readonly adapter_layer: AttentionAdapter | null;
  readonly normFirst: boolean;

  constructor(settings: SpeechEncoderSettings, generator?: Generator) {
    super();
    const { hidden_size, num_attention_heads, attention_dropout, layer_norm_eps: eps, adapter_attn_dim } = settings;
    this.normFirst = settings.do_stable_layer_norm;
    this.attention = new ProjectedAttention(hidden_size, num_attention_heads, {
      dropout: attention_dropout,
      generator,
    });
    this.dropout = new Dropout(settings.hidden_dropout, { generator });
    this.layer_norm = new LayerNorm(hidden_size, { eps });
    this.feed_forward = new FeedForward(settings, generator);
    this.final_layer_norm = new LayerNorm(hidden_size, { eps });
    this.adapter_layer =
      this.normFirst && adapter_attn_dim !== null
        ? new AttentionAdapter(hidden_size, adapter_attn_dim, generator)
        : null;
  }

  /** x [N, frames, hidden] to the same shape. */
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

/** A Transformer on frames that learn of their places from a convolution. */
export class SpeechTransformer extends Module {
  readonly pos_conv_embed: PositionalConvolution;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly layers: ModuleList<EncoderLayer>;
  readonly layerdrop: number;
  readonly normFirst: boolean;
  readonly #generator: Generator | undefined;

  constructor(settings: SpeechEncoderSettings, generator?: Generator) {
    super();
    const { hidden_size, num_conv_pos_embeddings, num_conv_pos_embedding_groups } = settings;
    this.pos_conv_embed = new PositionalConvolution(
      hidden_size,
      num_conv_pos_embeddings,
      num_conv_pos_embedding_groups,
      {
        activation: settings.feat_extract_activation,
        batchNorm: settings.conv_pos_batch_norm,
        generator,
      },
    );
    this.layer_norm = new LayerNorm(hidden_size, { eps: settings.layer_norm_eps });
    this.dropout = new Dropout(settings.hidden_dropout, { generator });
    const layers = Array.from({ length: settings.num_hidden_layers }, () => new EncoderLayer(settings, generator));
    this.layers = new ModuleList(layers);
    this.layerdrop = settings.layerdrop;
    this.normFirst = settings.do_stable_layer_norm;
    this.#generator = generator;
    initialiseLinear(this.layers, settings.initializer_range, generator);
  }

  /**
   * @param x float32 [N, frames, hidden]
   * @param mask float32 [N, frames], 0 for frames that are padding; null without any
   * @returns what each layer was given, and last the result
   */
  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor[] {
    return scope(() => {
      const clean = mask === null ? x : tf.mul(x, tf.expandDims(mask, -1));
      const placed = tf.add(clean, this.pos_conv_embed.forward(clean));
      const states = [this.dropout.forward(this.normFirst ? placed : this.layer_norm.forward(placed))];
      const generator = this.#generator ?? defaultGenerator();
      for (const layer of this.layers) {
        const dropped = this.training && this.layerdrop > 0 && generator.uniform() < this.layerdrop;
        const last = states.at(-1)!;
        states.push(dropped ? tf.clone(last) : layer.forward(last, { keyMask: mask }));
      }
      if (this.normFirst) states.push(this.layer_norm.forward(states.pop()!));
      return states;
    });
  }
}

/** All linear maps below a module as BERT has them: normal weights, no bias. */
export function initialiseLinear(module: Module, std: number, generator?: Generator): void {
  for (const [, child] of module.namedModules()) {
    if (!(child instanceof Linear)) continue;
    init.normal(child.weight, 0, std, { generator });
    if (child.bias !== null) init.zeros(child.bias);
  }
}
