export * from './dual-path.js';
export * from './filterbanks/index.js';
export * from './separation-activations.js';
export * from './separation-norms.js';
export * from './single-rnn.js';
