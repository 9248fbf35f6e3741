export * from './from-config.js';
export * from './lengths.js';
export * from './processor.js';
export * from './repetition.js';
export * from './sampling.js';
export * from './tokens.js';
