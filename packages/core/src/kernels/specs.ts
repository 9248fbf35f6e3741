export * from './pool/spec.js';
export * from './resample/spec.js';
