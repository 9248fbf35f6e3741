import { check, type Config } from '@hourglass/core';
import {
  checkFeatureEncoder,
  type FeatureEncoderConfig,
  type SpecAugmentSettings,
} from '../../../layers/speech/index.js';

/** What SpeechT5 is made from, under transformers' names. */
export interface SpeechT5Settings extends FeatureEncoderConfig, SpecAugmentSettings {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly encoder_layers: number;
  readonly encoder_attention_heads: number;
  readonly encoder_ffn_dim: number;
  /** Probability in training that a layer is left out. */
  readonly encoder_layerdrop: number;
  readonly decoder_layers: number;
  readonly decoder_ffn_dim: number;
  readonly decoder_attention_heads: number;
  readonly decoder_layerdrop: number;
  readonly hidden_act: string;
  readonly positional_dropout: number;
  readonly hidden_dropout: number;
  readonly attention_dropout: number;
  readonly activation_dropout: number;
  readonly initializer_range: number;
  readonly layer_norm_eps: number;
  /** Text decoders multiply embeddings by the root of their width. */
  readonly scale_embedding: boolean;
  readonly feat_proj_dropout: number;
  readonly num_conv_pos_embeddings: number;
  readonly num_conv_pos_embedding_groups: number;
  readonly pad_token_id: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number | readonly number[];
  readonly decoder_start_token_id: number;
  readonly num_mel_bins: number;
  readonly speech_decoder_prenet_layers: number;
  readonly speech_decoder_prenet_units: number;
  /** Drops units of the prenet in evaluation too; see SpeechDecoderPrenet. */
  readonly speech_decoder_prenet_dropout: number;
  readonly speaker_embedding_dim: number;
  readonly speech_decoder_postnet_layers: number;
  readonly speech_decoder_postnet_units: number;
  readonly speech_decoder_postnet_kernel: number;
  readonly speech_decoder_postnet_dropout: number;
  /** Frames that one step of the decoder makes. */
  readonly reduction_factor: number;
  readonly max_speech_positions: number;
  readonly max_text_positions: number;
  readonly encoder_max_relative_position: number;
  readonly use_guided_attention_loss: boolean;
  readonly guided_attention_loss_num_heads: number;
  readonly guided_attention_loss_sigma: number;
  readonly guided_attention_loss_scale: number;
  /** The text decoder's output weight is that of its embedding. */
  readonly tie_word_embeddings: boolean;
}

/** config.json: what differs from the defaults (those of microsoft/speecht5_*), and whatever else the file says. */
export type SpeechT5Config = { readonly [K in keyof SpeechT5Settings]?: SpeechT5Settings[K] | null } & Config;

const defaults: SpeechT5Settings = {
  vocab_size: 81,
  hidden_size: 768,
  encoder_layers: 12,
  encoder_attention_heads: 12,
  encoder_ffn_dim: 3072,
  encoder_layerdrop: 0.1,
  decoder_layers: 6,
  decoder_ffn_dim: 3072,
  decoder_attention_heads: 12,
  decoder_layerdrop: 0.1,
  hidden_act: 'gelu',
  positional_dropout: 0.1,
  hidden_dropout: 0.1,
  attention_dropout: 0.1,
  activation_dropout: 0.1,
  initializer_range: 0.02,
  layer_norm_eps: 1e-5,
  scale_embedding: false,
  feat_extract_norm: 'group',
  feat_proj_dropout: 0,
  feat_extract_activation: 'gelu',
  conv_dim: [512, 512, 512, 512, 512, 512, 512],
  conv_stride: [5, 2, 2, 2, 2, 2, 2],
  conv_kernel: [10, 3, 3, 3, 3, 2, 2],
  conv_bias: false,
  num_conv_pos_embeddings: 128,
  num_conv_pos_embedding_groups: 16,
  apply_spec_augment: true,
  mask_time_prob: 0.05,
  mask_time_length: 10,
  mask_time_min_masks: 2,
  mask_feature_prob: 0,
  mask_feature_length: 10,
  mask_feature_min_masks: 0,
  pad_token_id: 1,
  bos_token_id: 0,
  eos_token_id: 2,
  decoder_start_token_id: 2,
  num_mel_bins: 80,
  speech_decoder_prenet_layers: 2,
  speech_decoder_prenet_units: 256,
  speech_decoder_prenet_dropout: 0.5,
  speaker_embedding_dim: 512,
  speech_decoder_postnet_layers: 5,
  speech_decoder_postnet_units: 256,
  speech_decoder_postnet_kernel: 5,
  speech_decoder_postnet_dropout: 0.5,
  reduction_factor: 2,
  max_speech_positions: 4000,
  max_text_positions: 450,
  encoder_max_relative_position: 160,
  use_guided_attention_loss: true,
  guided_attention_loss_num_heads: 2,
  guided_attention_loss_sigma: 0.4,
  guided_attention_loss_scale: 10,
  tie_word_embeddings: true,
};

/**
 * The configuration with transformers' defaults in place of what it leaves out.
 *
 * @throws InvalidArgumentError for values that no model can be made with
 */
export function speechT5Settings(config: SpeechT5Config): SpeechT5Settings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const settings: SpeechT5Settings = { ...defaults, ...given };
  checkFeatureEncoder(settings);
  for (const name of ['vocab_size', 'hidden_size', 'num_mel_bins', 'reduction_factor'] as const)
    check(
      Number.isInteger(settings[name]) && settings[name] > 0,
      () => `${name} must be a positive whole number, got ${settings[name]}`,
    );
  return settings;
}
