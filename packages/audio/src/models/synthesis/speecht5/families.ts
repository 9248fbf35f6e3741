import type { ModelFamily, Module, RenameRule } from '@hourglass/core';
import { legacyWeightNorm } from '../../../layers/speech/index.js';
import type { SpeechT5Config } from './config.js';

/** Checkpoints of one task, as transformers writes them. */
export function speechT5Family<M extends Module>(build: (config: SpeechT5Config) => M): ModelFamily<M> {
  return {
    modelType: 'speecht5',
    matches: (config) => config['model_type'] === 'speecht5',
    build: ({ model_type: _modelType, ...config }) => build(config),
    rename: legacyWeightNorm as RenameRule[],
    ignore: (config) => [
      // tables that older checkpoints hold though they follow from the configuration
      /\.(pe|weights)$/,
      ...(config['tie_word_embeddings'] === false ? [] : [/^text_decoder_postnet\.lm_head\.weight$/]),
    ],
  };
}
