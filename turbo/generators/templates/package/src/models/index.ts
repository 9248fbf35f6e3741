export * from './autoencoder.js';
export * from './bottlenecks.js';
export * from './decoder.js';
export * from './encoder.js';
export * from './setup.js';
