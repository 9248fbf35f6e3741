import { check, type Config } from '@hourglass/core';

/** What FastSpeech 2 with Conformer layers is made from, under transformers' names. */
export interface FastSpeech2Settings {
  readonly hidden_size: number;
  readonly vocab_size: number;
  readonly num_mel_bins: number;
  readonly encoder_num_attention_heads: number;
  readonly encoder_layers: number;
  readonly encoder_linear_units: number;
  readonly encoder_kernel_size: number;
  readonly encoder_normalize_before: boolean;
  readonly encoder_concat_after: boolean;
  readonly encoder_dropout_rate: number;
  readonly encoder_positional_dropout_rate: number;
  readonly encoder_attention_dropout_rate: number;
  readonly decoder_num_attention_heads: number;
  readonly decoder_layers: number;
  readonly decoder_linear_units: number;
  readonly decoder_kernel_size: number;
  readonly decoder_normalize_before: boolean;
  readonly decoder_concat_after: boolean;
  readonly decoder_dropout_rate: number;
  readonly decoder_positional_dropout_rate: number;
  readonly decoder_attention_dropout_rate: number;
  readonly positionwise_conv_kernel_size: number;
  readonly use_macaron_style_in_conformer: boolean;
  readonly use_cnn_in_conformer: boolean;
  readonly convolution_bias: boolean;
  readonly speech_decoder_postnet_layers: number;
  readonly speech_decoder_postnet_units: number;
  readonly speech_decoder_postnet_kernel: number;
  readonly speech_decoder_postnet_dropout: number;
  /** Frames that a state makes; in training only 1. */
  readonly reduction_factor: number;
  /** Factor of predicted durations: above 1 is slower. */
  readonly speaking_speed: number;
  readonly duration_predictor_layers: number;
  readonly duration_predictor_channels: number;
  readonly duration_predictor_kernel_size: number;
  readonly duration_predictor_dropout_rate: number;
  readonly energy_predictor_layers: number;
  readonly energy_predictor_channels: number;
  readonly energy_predictor_kernel_size: number;
  readonly energy_predictor_dropout: number;
  readonly energy_embed_kernel_size: number;
  readonly energy_embed_dropout: number;
  readonly stop_gradient_from_energy_predictor: boolean;
  readonly pitch_predictor_layers: number;
  readonly pitch_predictor_channels: number;
  readonly pitch_predictor_kernel_size: number;
  readonly pitch_predictor_dropout: number;
  readonly pitch_embed_kernel_size: number;
  readonly pitch_embed_dropout: number;
  readonly stop_gradient_from_pitch_predictor: boolean;
  /** The loss looks at what counts only; or weighs each example alike whatever its length. Not both. */
  readonly use_masking: boolean;
  readonly use_weighted_masking: boolean;
  /** Null or 1: one speaker, one language, no vectors of speakers. */
  readonly num_speakers: number | null;
  readonly num_languages: number | null;
  readonly speaker_embed_dim: number | null;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type FastSpeech2Config = { readonly [K in keyof FastSpeech2Settings]?: FastSpeech2Settings[K] | null } & Config;

const defaults: FastSpeech2Settings = {
  hidden_size: 384,
  vocab_size: 78,
  num_mel_bins: 80,
  encoder_num_attention_heads: 2,
  encoder_layers: 4,
  encoder_linear_units: 1536,
  encoder_kernel_size: 7,
  encoder_normalize_before: false,
  encoder_concat_after: false,
  encoder_dropout_rate: 0.2,
  encoder_positional_dropout_rate: 0.2,
  encoder_attention_dropout_rate: 0.2,
  decoder_num_attention_heads: 2,
  decoder_layers: 4,
  decoder_linear_units: 1536,
  decoder_kernel_size: 31,
  decoder_normalize_before: false,
  decoder_concat_after: false,
  decoder_dropout_rate: 0.2,
  decoder_positional_dropout_rate: 0.2,
  decoder_attention_dropout_rate: 0.2,
  positionwise_conv_kernel_size: 3,
  use_macaron_style_in_conformer: true,
  use_cnn_in_conformer: true,
  convolution_bias: true,
  speech_decoder_postnet_layers: 5,
  speech_decoder_postnet_units: 256,
  speech_decoder_postnet_kernel: 5,
  speech_decoder_postnet_dropout: 0.5,
  reduction_factor: 1,
  speaking_speed: 1,
  duration_predictor_layers: 2,
  duration_predictor_channels: 256,
  duration_predictor_kernel_size: 3,
  duration_predictor_dropout_rate: 0.2,
  energy_predictor_layers: 2,
  energy_predictor_channels: 256,
  energy_predictor_kernel_size: 3,
  energy_predictor_dropout: 0.5,
  energy_embed_kernel_size: 1,
  energy_embed_dropout: 0,
  stop_gradient_from_energy_predictor: false,
  pitch_predictor_layers: 5,
  pitch_predictor_channels: 256,
  pitch_predictor_kernel_size: 5,
  pitch_predictor_dropout: 0.5,
  pitch_embed_kernel_size: 1,
  pitch_embed_dropout: 0,
  stop_gradient_from_pitch_predictor: true,
  use_masking: true,
  use_weighted_masking: false,
  num_speakers: null,
  num_languages: null,
  speaker_embed_dim: null,
};

const oddSizes = [
  'positionwise_conv_kernel_size',
  'encoder_kernel_size',
  'decoder_kernel_size',
  'duration_predictor_kernel_size',
  'energy_predictor_kernel_size',
  'energy_embed_kernel_size',
  'pitch_predictor_kernel_size',
  'pitch_embed_kernel_size',
] as const;

/**
 * The configuration with transformers' defaults in place of what it leaves out.
 *
 * @throws InvalidArgumentError for values that no model can be made with
 */
export function fastSpeech2Settings(config: FastSpeech2Config): FastSpeech2Settings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const settings: FastSpeech2Settings = { ...defaults, ...given };
  for (const name of oddSizes) check(settings[name] % 2 === 1, () => `${name} must be odd, got ${settings[name]}`);
  for (const name of ['encoder_num_attention_heads', 'decoder_num_attention_heads'] as const)
    check(
      settings.hidden_size % settings[name] === 0,
      () => `hidden_size ${settings.hidden_size} does not divide into ${name} ${settings[name]}`,
    );
  check(
    !(settings.use_masking && settings.use_weighted_masking),
    'use_masking and use_weighted_masking cannot both be true',
  );
  check(settings.speaking_speed > 0, () => `speaking_speed must be above 0, got ${settings.speaking_speed}`);
  return settings;
}

/** What the two halves are made from, which configurations name apart. */
export interface ConformerSettings {
  readonly layers: number;
  readonly heads: number;
  readonly linearUnits: number;
  readonly kernelSize: number;
  readonly normalizeBefore: boolean;
  readonly concatAfter: boolean;
  readonly dropout: number;
  readonly positionalDropout: number;
  readonly attentionDropout: number;
}

/** The part of the settings that says how a half is made. */
export function halfSettings(s: FastSpeech2Settings, half: 'encoder' | 'decoder'): ConformerSettings {
  return {
    layers: s[`${half}_layers`],
    heads: s[`${half}_num_attention_heads`],
    linearUnits: s[`${half}_linear_units`],
    kernelSize: s[`${half}_kernel_size`],
    normalizeBefore: s[`${half}_normalize_before`],
    concatAfter: s[`${half}_concat_after`],
    dropout: s[`${half}_dropout_rate`],
    positionalDropout: s[`${half}_positional_dropout_rate`],
    attentionDropout: s[`${half}_attention_dropout_rate`],
  };
}
