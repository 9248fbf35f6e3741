export * from './boundary.js';
