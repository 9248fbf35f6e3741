export * from './decode-sound.js';
export { decodeWav, encodeWav, type DecodeSoundOptions, type EncodeWavOptions, type WavBitDepth } from './wav.js';
export * from './waveform.js';
export * from './model-sound.js';
