import type { ModelFamily, Module, RenameRule } from '@hourglass/core';
import { torchaudioFamily } from '../../torchaudio.js';
import type { SpeechConfig } from './config.js';

/** Arguments of `torchaudio.models.wav2vec2_model`. */
interface TorchaudioArguments {
  readonly extractorMode: 'group_norm' | 'layer_norm';
  /** Channels, kernel and stride of each convolution; null for those of the paper. */
  readonly extractorConvLayerConfig: ReadonlyArray<readonly [number, number, number]> | null;
  readonly extractorConvBias: boolean;
  readonly encoderEmbedDim: number;
  readonly encoderProjectionDropout: number;
  readonly encoderPosConvKernel: number;
  readonly encoderPosConvGroups: number;
  readonly encoderNumLayers: number;
  readonly encoderNumHeads: number;
  readonly encoderAttentionDropout: number;
  readonly encoderFfIntermFeatures: number;
  readonly encoderFfIntermDropout: number;
  readonly encoderDropout: number;
  readonly encoderLayerNormFirst: boolean;
  readonly encoderLayerDrop: number;
  readonly auxNumOut: number | null;
}

const known = [
  'extractorMode',
  'extractorConvLayerConfig',
  'extractorConvBias',
  'encoderEmbedDim',
  'encoderProjectionDropout',
  'encoderPosConvKernel',
  'encoderPosConvGroups',
  'encoderNumLayers',
  'encoderNumHeads',
  'encoderAttentionDropout',
  'encoderFfIntermFeatures',
  'encoderFfIntermDropout',
  'encoderDropout',
  'encoderLayerNormFirst',
  'encoderLayerDrop',
  'auxNumOut',
] as const satisfies ReadonlyArray<keyof TorchaudioArguments>;

/** The same model as transformers describes it. */
function configOf(args: TorchaudioArguments): SpeechConfig {
  const convolutions = args.extractorConvLayerConfig;
  return {
    feat_extract_norm: args.extractorMode === 'layer_norm' ? 'layer' : 'group',
    ...(convolutions !== null &&
      convolutions !== undefined && {
        conv_dim: convolutions.map(([channels]) => channels),
        conv_kernel: convolutions.map(([, kernel]) => kernel),
        conv_stride: convolutions.map(([, , stride]) => stride),
      }),
    conv_bias: args.extractorConvBias,
    hidden_size: args.encoderEmbedDim,
    feat_proj_dropout: args.encoderProjectionDropout,
    num_conv_pos_embeddings: args.encoderPosConvKernel,
    num_conv_pos_embedding_groups: args.encoderPosConvGroups,
    num_hidden_layers: args.encoderNumLayers,
    num_attention_heads: args.encoderNumHeads,
    attention_dropout: args.encoderAttentionDropout,
    intermediate_size: args.encoderFfIntermFeatures,
    activation_dropout: args.encoderFfIntermDropout,
    hidden_dropout: args.encoderDropout,
    do_stable_layer_norm: args.encoderLayerNormFirst,
    layerdrop: args.encoderLayerDrop,
    final_dropout: 0,
    // it masks in training by a module of its own
    mask_time_prob: 0,
    ...(args.auxNumOut === null || args.auxNumOut === undefined ? {} : { vocab_size: args.auxNumOut }),
  };
}

/** torchaudio's names beside transformers', below `prefix`. */
export const torchaudioNames = (prefix: string): RenameRule[] => [
  ['feature_extractor.', `${prefix}feature_extractor.`],
  ['encoder.feature_projection.', `${prefix}feature_projection.`],
  ['encoder.transformer.', `${prefix}encoder.`],
  ['aux.', 'lm_head.'],
];

/** What `torchaudio.models.wav2vec2_model(…)` makes, HuBERT's encoder too. */
export function torchaudioWav2Vec2<M extends Module>(
  prefix: string,
  build: (config: SpeechConfig) => M,
): ModelFamily<M> {
  return {
    ...torchaudioFamily('wav2vec2_model', known, (args: TorchaudioArguments) => build(configOf(args))),
    rename: torchaudioNames(prefix),
    ...(prefix === '' && { ignore: [/^aux\./] }),
  };
}
