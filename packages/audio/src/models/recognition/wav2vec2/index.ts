export * from './classification.js';
export type { SpeechConfig, SpeechEncoderSettings, Wav2Vec2Settings } from './config.js';
export * from './ctc.js';
export { SpeechTransformer, type SpeechEncoder } from './encoder.js';
export * from './model.js';
export * from './negatives.js';
export * from './pretraining.js';
export * from './quantizer.js';
