import { check, type Config } from '@hourglass/core';
import { checkFeatureEncoder, type FeatureEncoderConfig } from '../../../layers/speech/index.js';

/** What wav2vec 2.0, HuBERT and WavLM have in common, with transformers' names. */
export interface SpeechEncoderSettings extends FeatureEncoderConfig {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: string;
  readonly hidden_dropout: number;
  readonly activation_dropout: number;
  readonly attention_dropout: number;
  readonly feat_proj_dropout: number;
  /** Normalise features before their projection; without it is of HuBERT alone. */
  readonly feat_proj_layer_norm: boolean;
  readonly final_dropout: number;
  /** Probability in training that a layer is left out. */
  readonly layerdrop: number;
  readonly initializer_range: number;
  readonly layer_norm_eps: number;
  readonly num_conv_pos_embeddings: number;
  readonly num_conv_pos_embedding_groups: number;
  /** Batch norm in place of weight norm in the positional convolution; of HuBERT alone. */
  readonly conv_pos_batch_norm: boolean;
  /** Normalise before attention and feed-forward, not after. */
  readonly do_stable_layer_norm: boolean;
  readonly apply_spec_augment: boolean;
  readonly mask_time_prob: number;
  readonly mask_time_length: number;
  readonly mask_time_min_masks: number;
  readonly mask_feature_prob: number;
  readonly mask_feature_length: number;
  readonly mask_feature_min_masks: number;
  /** Convolutions behind the encoder that shorten what it gives. */
  readonly add_adapter: boolean;
  readonly adapter_kernel_size: number;
  readonly adapter_stride: number;
  readonly num_adapter_layers: number;
  readonly output_hidden_size: number;
  /** Width of the small feed-forward part behind each layer where layers normalise first; null for none. */
  readonly adapter_attn_dim: number | null;
  /** Of WavLM: kinds of distance between frames, half of them backwards. */
  readonly num_buckets: number;
  /** Of WavLM: greater distances, in frames, are of one kind. */
  readonly max_bucket_distance: number;
  /** Of the Conformer: how attention knows of places; null for not at all. */
  readonly position_embeddings_type: 'relative' | 'rotary' | null;
  readonly rotary_embedding_base: number;
  /** Of the Conformer's convolutions; odd. */
  readonly conv_depthwise_kernel_size: number;
  readonly conformer_conv_dropout: number;
  readonly ctc_loss_reduction: 'sum' | 'mean';
  readonly ctc_zero_infinity: boolean;
  readonly vocab_size: number;
  /** The blank of CTC. */
  readonly pad_token_id: number;
  /** Classify a learned average of all layers' results. */
  readonly use_weighted_layer_sum: boolean;
  readonly classifier_proj_size: number;
  readonly num_labels: number;
}

/** What pre-training needs besides. */
export interface Wav2Vec2Settings extends SpeechEncoderSettings {
  readonly num_codevectors_per_group: number;
  readonly num_codevector_groups: number;
  readonly contrastive_logits_temperature: number;
  readonly num_negatives: number;
  readonly codevector_dim: number;
  readonly proj_codevector_dim: number;
  readonly diversity_loss_weight: number;
  readonly feat_quantizer_dropout: number;
}

/** config.json: what differs from the defaults, and whatever else the file says. */
export type SpeechConfig<Settings extends SpeechEncoderSettings = Wav2Vec2Settings> = {
  readonly [K in keyof Settings]?: Settings[K] | null;
} & Config;

const defaults: Wav2Vec2Settings = {
  conv_dim: [512, 512, 512, 512, 512, 512, 512],
  conv_stride: [5, 2, 2, 2, 2, 2, 2],
  conv_kernel: [10, 3, 3, 3, 3, 2, 2],
  conv_bias: false,
  feat_extract_norm: 'group',
  feat_extract_activation: 'gelu',
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  hidden_dropout: 0.1,
  activation_dropout: 0.1,
  attention_dropout: 0.1,
  feat_proj_dropout: 0,
  feat_proj_layer_norm: true,
  final_dropout: 0.1,
  layerdrop: 0.1,
  initializer_range: 0.02,
  layer_norm_eps: 1e-5,
  num_conv_pos_embeddings: 128,
  num_conv_pos_embedding_groups: 16,
  conv_pos_batch_norm: false,
  do_stable_layer_norm: false,
  apply_spec_augment: true,
  mask_time_prob: 0.05,
  mask_time_length: 10,
  mask_time_min_masks: 2,
  mask_feature_prob: 0,
  mask_feature_length: 10,
  mask_feature_min_masks: 0,
  add_adapter: false,
  adapter_kernel_size: 3,
  adapter_stride: 2,
  num_adapter_layers: 3,
  output_hidden_size: 768,
  adapter_attn_dim: null,
  num_buckets: 320,
  max_bucket_distance: 800,
  position_embeddings_type: 'relative',
  rotary_embedding_base: 10000,
  conv_depthwise_kernel_size: 31,
  conformer_conv_dropout: 0.1,
  ctc_loss_reduction: 'sum',
  ctc_zero_infinity: false,
  vocab_size: 32,
  pad_token_id: 0,
  use_weighted_layer_sum: false,
  classifier_proj_size: 256,
  num_labels: 2,
  num_codevectors_per_group: 320,
  num_codevector_groups: 2,
  contrastive_logits_temperature: 0.1,
  num_negatives: 100,
  codevector_dim: 256,
  proj_codevector_dim: 256,
  diversity_loss_weight: 0.1,
  feat_quantizer_dropout: 0,
};

/**
 * The configuration with transformers' defaults in place of what it leaves out.
 *
 * @param own defaults that differ from those of wav2vec 2.0
 * @throws InvalidArgumentError for values that no model can be made with
 */
export function speechSettings(config: SpeechConfig, own: Partial<Wav2Vec2Settings> = {}): Wav2Vec2Settings {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
  const labels = config['id2label'];
  const settings: Wav2Vec2Settings = {
    ...defaults,
    ...own,
    output_hidden_size: config.hidden_size ?? defaults.hidden_size,
    ...(typeof labels === 'object' && labels !== null && { num_labels: Object.keys(labels).length }),
    ...given,
    // of which null says something
    ...(config.position_embeddings_type === null && { position_embeddings_type: null }),
  };
  checkFeatureEncoder(settings);
  checkSettings(settings);
  return settings;
}

function checkSettings(settings: Wav2Vec2Settings): void {
  const { hidden_size, num_attention_heads, num_conv_pos_embedding_groups, ctc_loss_reduction } = settings;
  for (const name of ['hidden_size', 'intermediate_size', 'num_attention_heads', 'vocab_size'] as const) {
    check(
      Number.isInteger(settings[name]) && settings[name] > 0,
      () => `${name} must be a positive whole number, got ${settings[name]}`,
    );
  }
  check(
    hidden_size % num_attention_heads === 0,
    () => `hidden_size ${hidden_size} does not divide into num_attention_heads ${num_attention_heads}`,
  );
  check(
    hidden_size % num_conv_pos_embedding_groups === 0,
    () =>
      `hidden_size ${hidden_size} does not divide into num_conv_pos_embedding_groups ${num_conv_pos_embedding_groups}`,
  );
  check(
    ctc_loss_reduction === 'sum' || ctc_loss_reduction === 'mean',
    () => `ctc_loss_reduction must be 'sum' or 'mean', got '${String(ctc_loss_reduction)}'`,
  );
}
