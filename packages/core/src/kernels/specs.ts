export * from './place-rows/spec.js';
export * from './sampled-product/spec.js';
export * from './segment-max/spec.js';
export * from './segment-softmax/spec.js';
export * from './sparse-product/spec.js';
export * from './take-rows/spec.js';
