export * from './conv-tasnet.js';
export * from './encoder-masker-decoder.js';
export * from './torchaudio-conv-tasnet.js';
