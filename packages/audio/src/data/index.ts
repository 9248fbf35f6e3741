export * from './waveform.js';
