export * from './masked-scale/spec.js';
export * from './pool/spec.js';
export * from './random/spec.js';
export * from './resample/spec.js';
