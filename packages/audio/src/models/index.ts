export * from './recognition/index.js';
export * from './codecs/index.js';
export * from './torchaudio.js';
export * from './synthesis/index.js';
