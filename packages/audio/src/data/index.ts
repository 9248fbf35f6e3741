export * from './change-speed.js';
export * from './decode-sound.js';
export * from './noisy.js';
export type { DecodeSoundOptions } from './finite.js';
export type { WavBitDepth } from './pcm.js';
export { decodeWav, encodeWav, type EncodeWavOptions } from './wav.js';
export * from './waveform.js';
export * from './model-sound.js';
export * from './mixtures.js';
