export * from './wav2vec2/index.js';
export * from './whisper/index.js';
