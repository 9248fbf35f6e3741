export * from './activations.js';
export * from './by-name.js';
export * from './learned.js';
