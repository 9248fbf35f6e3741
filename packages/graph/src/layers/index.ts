export * from './convolution/index.js';
export { atDestinations, atSources, type ConvOptions, type NodeFeatures } from './message-passing.js';
export * from './decoders/index.js';
