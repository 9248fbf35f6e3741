export * from './create.js';
export * from './enhance-waveform.js';
export * from './frcrn/index.js';
