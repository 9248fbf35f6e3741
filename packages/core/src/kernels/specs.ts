export * from './adam-update/spec.js';
export * from './attention/spec.js';
export * from './grouped-norm/spec.js';
