export * from './generator.js';
export * from './tensors.js';
