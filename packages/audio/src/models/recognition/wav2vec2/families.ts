import type { Config, DirectFamily, ModelFamily, Module, RenameRule } from '@hourglass/core';
import { legacyWeightNorm } from '../../../layers/speech/index.js';
import type { SpeechConfig } from './config.js';

/** Heads and objectives that checkpoints hold beside the encoder. */
const heads = /^(lm_head|quantizer|project_hid|project_q|projector|classifier|layer_weights|tdnn|objective)\b/;

/** Checkpoints fine-tuned without masking lack this vector, though their configuration says otherwise; it stays as drawn. */
const maskVector = /(^|\.)masked_spec_embed$/;

type Build<M extends Module> = (config: SpeechConfig) => M;

function family<M extends Module>(
  modelType: string,
  build: Build<M>,
): Pick<DirectFamily<M>, 'modelType' | 'matches' | 'build'> {
  return {
    modelType,
    matches: (config) => config['model_type'] === modelType,
    build: ({ model_type: _modelType, architectures: _architectures, ...config }: Config) => build(config),
  };
}

/** The encoder alone, also from a checkpoint that has a head, where it lies under `prefix`. */
export function baseFamily<M extends Module>(modelType: string, prefix: string, build: Build<M>): ModelFamily<M> {
  const bare: RenameRule[] = [
    {
      toOurs: [new RegExp(`^(?:${prefix}\\.)?(.*)\\.weight_g$`), '$1.parametrizations.weight.original0'],
      toReference: [/(?!)/, ''],
    },
    {
      toOurs: [new RegExp(`^(?:${prefix}\\.)?(.*)\\.weight_v$`), '$1.parametrizations.weight.original1'],
      toReference: [/(?!)/, ''],
    },
    { toOurs: [new RegExp(`^${prefix}\\.`), ''], toReference: [/(?!)/, ''] },
  ];
  return { ...family(modelType, build), rename: bare, ignore: (_, { tensors }) => [heads, ...setAside(tensors.specs)] };
}

/** A model with a head. */
export function headFamily<M extends Module>(modelType: string, build: Build<M>): DirectFamily<M> {
  return {
    ...family(modelType, build),
    rename: legacyWeightNorm,
    ignore: (_, { tensors }) => setAside(tensors.specs),
  };
}

/** A model with a new head on the encoder of a checkpoint that has another one or none. */
export function newHeadFamily<M extends Module>(modelType: string, prefix: string, build: Build<M>): ModelFamily<M> {
  const under = (end: string, ours: string): RenameRule => ({
    toOurs: [
      new RegExp(`^(?:${prefix}\\.)?((?:feature_|encoder\\.|adapter\\.|masked_).*)${end}$`),
      `${prefix}.$1${ours}`,
    ],
    toReference: [/(?!)/, ''],
  });
  return {
    ...family(modelType, build),
    rename: [
      under('\\.weight_g', '.parametrizations.weight.original0'),
      under('\\.weight_v', '.parametrizations.weight.original1'),
      under('', ''),
    ],
    ignore: (_, { tensors }) => [heads, ...setAside(tensors.specs)],
  };
}

/** Keys that say what the configuration does, too. */
const derived = /\.embed_positions\.inv_freq$/;

function setAside(specs: ReadonlyMap<string, unknown>): RegExp[] {
  return [...specs.keys()].some((key) => maskVector.test(key)) ? [derived] : [derived, maskVector];
}
