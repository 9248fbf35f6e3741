import { check, UnsupportedError, type Config } from '@hourglass/core';

/** What Whisper is made from, under transformers' names. */
export interface WhisperSettings {
  readonly vocab_size: number;
  readonly num_mel_bins: number;
  readonly d_model: number;
  readonly encoder_layers: number;
  readonly encoder_attention_heads: number;
  readonly encoder_ffn_dim: number;
  readonly decoder_layers: number;
  readonly decoder_attention_heads: number;
  readonly decoder_ffn_dim: number;
  /** Probability in training that a layer is left out. */
  readonly encoder_layerdrop: number;
  readonly decoder_layerdrop: number;
  readonly activation_function: string;
  readonly dropout: number;
  readonly attention_dropout: number;
  readonly activation_dropout: number;
  readonly init_std: number;
  /** Not used by the reference's model either. */
  readonly scale_embedding: boolean;
  /** States of the encoder: half as many as frames. */
  readonly max_source_positions: number;
  readonly max_target_positions: number;
  readonly pad_token_id: number;
  readonly bos_token_id: number;
  readonly eos_token_id: number | readonly number[];
  readonly decoder_start_token_id: number;
  /** The output's weight is that of the decoder's embedding. */
  readonly tie_word_embeddings: boolean;
  /** Hide spans of frames and of mel bands in training (SpecAugment). */
  readonly apply_spec_augment: boolean;
  readonly mask_time_prob: number;
  readonly mask_time_length: number;
  readonly mask_time_min_masks: number;
  readonly mask_feature_prob: number;
  readonly mask_feature_length: number;
  readonly mask_feature_min_masks: number;
}

/** config.json: what differs from the defaults (those of whisper-tiny), and whatever else the file says. */
export type WhisperConfig = { readonly [K in keyof WhisperSettings]?: WhisperSettings[K] | null } & Config;

const defaults: WhisperSettings = {
  vocab_size: 51865,
  num_mel_bins: 80,
  d_model: 384,
  encoder_layers: 4,
  encoder_attention_heads: 6,
  encoder_ffn_dim: 1536,
  decoder_layers: 4,
  decoder_attention_heads: 6,
  decoder_ffn_dim: 1536,
  encoder_layerdrop: 0,
  decoder_layerdrop: 0,
  activation_function: 'gelu',
  dropout: 0,
  attention_dropout: 0,
  activation_dropout: 0,
  init_std: 0.02,
  scale_embedding: false,
  max_source_positions: 1500,
  max_target_positions: 448,
  pad_token_id: 50256,
  bos_token_id: 50256,
  eos_token_id: 50256,
  decoder_start_token_id: 50257,
  tie_word_embeddings: true,
  apply_spec_augment: false,
  mask_time_prob: 0.05,
  mask_time_length: 10,
  mask_time_min_masks: 2,
  mask_feature_prob: 0,
  mask_feature_length: 10,
  mask_feature_min_masks: 0,
};

/**
 * The configuration with transformers' defaults in place of what it leaves out.
 *
 * @throws InvalidArgumentError for values that no model can be made with
 */
export function whisperSettings(config: WhisperConfig): WhisperSettings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const settings: WhisperSettings = { ...defaults, ...given };
  for (const name of ['vocab_size', 'num_mel_bins', 'd_model', 'max_source_positions', 'max_target_positions'] as const)
    check(
      Number.isInteger(settings[name]) && settings[name] > 0,
      () => `${name} must be a positive whole number, got ${settings[name]}`,
    );
  if (settings.pad_token_id >= settings.vocab_size)
    throw new UnsupportedError(
      `pad_token_id ${settings.pad_token_id} lies outside a vocabulary of ${settings.vocab_size}; set it in config.json`,
    );
  return settings;
}
