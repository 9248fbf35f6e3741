export * from './autoencoder.js';
export * from './bottleneck.js';
export * from './decoder.js';
export * from './encoder.js';
export * from './setup.js';
