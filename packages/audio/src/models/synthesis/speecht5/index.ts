/**
 * SpeechT5: "Unified-Modal Encoder-Decoder Pre-Training for Spoken Language Processing", Ao et al. 2021, arXiv:2110.07205. Checkpoints of
 * microsoft/speecht5_* (MIT) in transformers' layout. Written anew.
 */
export * from './body.js';
export * from './config.js';
export { type GeneratedSpeech, type GenerateSpeechOptions } from './generate-speech.js';
export * from './positions.js';
export * from './speech-decoder-prenet.js';
export * from './speech-encoder-prenet.js';
export * from './speech-to-text.js';
export * from './spectrogram-loss.js';
export * from './text-nets.js';
export * from './to-speech.js';
export * from './code-mixer.js';
export * from './ctc.js';
export * from './nets.js';
export * from './pretraining.js';
