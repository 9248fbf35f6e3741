import { check, type Config } from '@hourglass/core';

/** What Speech2Text is made from, under transformers' names. */
export interface Speech2TextSettings {
  readonly vocab_size: number;
  readonly d_model: number;
  readonly encoder_layers: number;
  readonly encoder_ffn_dim: number;
  readonly encoder_attention_heads: number;
  readonly decoder_layers: number;
  readonly decoder_ffn_dim: number;
  readonly decoder_attention_heads: number;
  /** Probability in training that a layer is left out. */
  readonly encoder_layerdrop: number;
  readonly decoder_layerdrop: number;
  readonly activation_function: string;
  readonly dropout: number;
  readonly attention_dropout: number;
  readonly activation_dropout: number;
  readonly init_std: number;
  readonly decoder_start_token_id: number;
  /** Multiply embeddings by the root of their width. */
  readonly scale_embedding: boolean;
  readonly pad_token_id: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number | readonly number[];
  readonly max_source_positions: number;
  readonly max_target_positions: number;
  readonly num_conv_layers: number;
  readonly conv_kernel_sizes: readonly number[];
  readonly conv_channels: number;
  readonly input_feat_per_channel: number;
  readonly input_channels: number;
  readonly tie_word_embeddings: boolean;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type Speech2TextConfig = { readonly [K in keyof Speech2TextSettings]?: Speech2TextSettings[K] | null } & Config;

const defaults: Speech2TextSettings = {
  vocab_size: 10000,
  d_model: 256,
  encoder_layers: 12,
  encoder_ffn_dim: 2048,
  encoder_attention_heads: 4,
  decoder_layers: 6,
  decoder_ffn_dim: 2048,
  decoder_attention_heads: 4,
  encoder_layerdrop: 0,
  decoder_layerdrop: 0,
  activation_function: 'relu',
  dropout: 0.1,
  attention_dropout: 0,
  activation_dropout: 0,
  init_std: 0.02,
  decoder_start_token_id: 2,
  scale_embedding: true,
  pad_token_id: 1,
  bos_token_id: 0,
  eos_token_id: 2,
  max_source_positions: 6000,
  max_target_positions: 1024,
  num_conv_layers: 2,
  conv_kernel_sizes: [5, 5],
  conv_channels: 1024,
  input_feat_per_channel: 80,
  input_channels: 1,
  tie_word_embeddings: true,
};

/**
 * The configuration with transformers' defaults in place of what it leaves out.
 *
 * @throws InvalidArgumentError for values that no model can be made with
 */
export function speech2TextSettings(config: Speech2TextConfig): Speech2TextSettings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const settings: Speech2TextSettings = { ...defaults, ...given };
  const { num_conv_layers, conv_kernel_sizes } = settings;
  check(
    conv_kernel_sizes.length === num_conv_layers,
    () => `conv_kernel_sizes must hold num_conv_layers ${num_conv_layers} sizes, got ${conv_kernel_sizes.length}`,
  );
  return settings;
}
