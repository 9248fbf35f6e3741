import { CheckpointError, openConfig, type Config, type OpenOptions } from '@hourglass/core';
import { ASTFeatureExtractor } from './ast.js';
import { DacFeatureExtractor, EncodecFeatureExtractor } from './codecs.js';
import { SeamlessM4TFeatureExtractor, Speech2TextFeatureExtractor } from './filter-bank-features.js';
import { SpeechT5FeatureExtractor } from './speecht5.js';
import { UnivNetFeatureExtractor } from './univnet.js';
import { Wav2Vec2FeatureExtractor } from './wav2vec2.js';
import { WhisperFeatureExtractor } from './whisper.js';

const kinds = {
  ASTFeatureExtractor,
  DacFeatureExtractor,
  EncodecFeatureExtractor,
  SeamlessM4TFeatureExtractor,
  Speech2TextFeatureExtractor,
  SpeechT5FeatureExtractor,
  UnivNetFeatureExtractor,
  Wav2Vec2FeatureExtractor,
  WhisperFeatureExtractor,
};

/** Any of the feature extractors. */
export type AnyFeatureExtractor = InstanceType<(typeof kinds)[keyof typeof kinds]>;

/**
 * The feature extractor that a `preprocessor_config.json` describes, by its `feature_extractor_type`.
 * @throws CheckpointError for a kind that is not known
 */
export function featureExtractorFrom(config: Config, where = 'preprocessor_config.json'): AnyFeatureExtractor {
  const { feature_extractor_type: kind, ...settings } = config;
  // `image_processor_type` and the like are of other modalities
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
    const said = typeof kind === 'string' ? `'${kind}'` : 'none';
    throw new CheckpointError(`${where}: feature_extractor_type ${said}; there are ${Object.keys(kinds).join(', ')}`);
  }
  return new kinds[kind as keyof typeof kinds](settings);
}

/**
 * The feature extractor of a checkpoint.
 * @param source a folder with `preprocessor_config.json`, its URL, or a hub id `org/name`
 * @throws FileError when there is none, CheckpointError when it is of a kind that is not known
 */
export async function loadFeatureExtractor(source: string, options: OpenOptions = {}): Promise<AnyFeatureExtractor> {
  const name = 'preprocessor_config.json';
  return featureExtractorFrom(await openConfig(source, name, options), `${source}/${name}`);
}
