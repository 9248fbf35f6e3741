export type { Waveform } from '../data/waveform.js';
export * from './sound-files.js';
export * from './sound-folder.js';
export * from './transcripts.js';
export * from './solo-recordings.js';
export * from './write-spectrogram.js';
