import * as tf from '@tensorflow/tfjs-core';
import {
  Dropout,
  initialiseNormal,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  type Generator,
  type ProjectedAttention,
} from '@hourglass/core';
import { LayerDrop, PositionalConvolution, SpeechEncoderLayer } from '../../../layers/speech/index.js';
import type { SpeechEncoderSettings } from './config.js';

/** What stands between frames of features and their states. */
export interface SpeechEncoder extends Module {
  /**
   * @param x float32 [N, frames, hidden]
   * @param mask float32 [N, frames], 0 for frames that are padding; null without any
   * @returns what each layer was given, and last the result
   */
  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor[];
}

/** Makes the attention of layer after layer; undefined for that of queries and keys alone. */
export type AttentionMaker = (layer: number) => ProjectedAttention | undefined;

/** A Transformer on frames that learn of their places from a convolution. */
export class SpeechTransformer extends Module implements SpeechEncoder {
  readonly pos_conv_embed: PositionalConvolution;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly layers: ModuleList<SpeechEncoderLayer>;
  readonly normFirst: boolean;
  readonly #drop: LayerDrop;

  constructor(settings: SpeechEncoderSettings, generator?: Generator, attention: AttentionMaker = () => undefined) {
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
    const layers = Array.from(
      { length: settings.num_hidden_layers },
      (_, layer) =>
        new SpeechEncoderLayer(hidden_size, settings.num_attention_heads, settings.intermediate_size, {
          activation: settings.hidden_act,
          activationDropout: settings.activation_dropout,
          hiddenDropout: settings.hidden_dropout,
          attentionDropout: settings.attention_dropout,
          eps: settings.layer_norm_eps,
          normFirst: settings.do_stable_layer_norm,
          adapterDim: settings.adapter_attn_dim,
          attention: attention(layer),
          generator,
        }),
    );
    this.layers = new ModuleList(layers);
    this.normFirst = settings.do_stable_layer_norm;
    this.#drop = new LayerDrop(settings.layerdrop, generator);
    initialiseNormal(this.layers, settings.initializer_range, generator, 'linear');
  }

  forward(x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor[] {
    return scope(() => {
      const clean = mask === null ? x : tf.mul(x, tf.expandDims(mask, -1));
      const placed = tf.add(clean, this.pos_conv_embed.forward(clean));
      const states = [this.dropout.forward(this.normFirst ? placed : this.layer_norm.forward(placed))];
      for (const layer of this.layers) {
        const last = states.at(-1)!;
        states.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last, { keyMask: mask }));
      }
      if (this.normFirst) states.push(this.layer_norm.forward(states.pop()!));
      return states;
    });
  }
}
