export * from './pooling.js';
