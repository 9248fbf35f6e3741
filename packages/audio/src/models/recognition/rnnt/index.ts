export * from './joiner.js';
export * from './layer-norm-lstm.js';
export * from './predictor.js';
export * from './rnnt.js';
export * from './transcriber.js';
