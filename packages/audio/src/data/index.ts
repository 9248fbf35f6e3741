export * from './decode-sound.js';
export type { DecodeSoundOptions } from './finite.js';
export { decodeWav, encodeWav, type EncodeWavOptions, type WavBitDepth } from './wav.js';
export * from './waveform.js';
export * from './mixtures.js';
