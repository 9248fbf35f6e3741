export * from './wav2vec2/index.js';
