export * from './layer-scale.js';
export * from './standardise.js';
