export * from './ast.js';
export * from './codecs.js';
export {
  FeatureExtractor,
  type Features,
  type PaddingOptions,
  type SequenceConfig,
  type Sound,
} from './feature-extractor.js';
export * from './filter-bank-features.js';
export * from './load.js';
export * from './speecht5.js';
export * from './univnet.js';
export { Wav2Vec2FeatureExtractor, type Wav2Vec2FeatureConfig } from './wav2vec2.js';
export * from './whisper.js';
