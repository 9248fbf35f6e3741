export * from './recognition/index.js';
export * from './torchaudio.js';
