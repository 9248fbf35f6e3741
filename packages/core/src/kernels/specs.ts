export * from './attention/spec.js';
