export * from './enhancement/index.js';
export * from './separation/index.js';
export * from './recognition/index.js';
export * from './codecs/index.js';
export * from './torchaudio.js';
export * from './synthesis/index.js';
export * from './discriminators/index.js';
