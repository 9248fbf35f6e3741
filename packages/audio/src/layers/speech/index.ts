export * from './feature-encoder.js';
export * from './feature-projection.js';
export * from './mask-spans.js';
export * from './positional-convolution.js';
export * from './encoder-layer.js';
export * from './frame-lengths.js';
export * from './spec-augment.js';
export * from './relative-attention.js';
